import { spawn } from "node:child_process";
import { DreamlogError } from "../core/errors.ts";
import { findFfmpeg } from "./findFfmpeg.ts";

export interface FfmpegRun {
  /** Between the program's name and its end; input is `pipe:0`, output `pipe:1`. */
  readonly parameters: readonly string[];
  /** Written to the program's input, in order. */
  readonly input: readonly Uint8Array[];
  /** The program is killed after this long. Default 120 000. */
  readonly timeoutMs?: number;
  /** The program; found by `findFfmpeg` when left out. */
  readonly program?: string;
}

/** Enough of the program's complaints to see what is wrong. */
const complaintBytesMax = 4096;

/**
 * Runs ffmpeg once, from memory to memory.
 *
 * @returns what it wrote to its output.
 * @throws {DreamlogError} `FFMPEG_MISSING` when there is no such program, `FFMPEG_FAILED` when it
 *   ends with an error or takes too long; `context.complaint` holds its last words.
 */
export async function runFfmpeg(run: FfmpegRun): Promise<Uint8Array> {
  const { parameters, input, timeoutMs = 120_000 } = run;
  const program = run.program ?? findFfmpeg();
  const child = spawn(program, ["-v", "error", "-nostdin", ...parameters], {
    stdio: ["pipe", "pipe", "pipe"],
    timeout: timeoutMs,
    killSignal: "SIGKILL",
  });
  const output: Uint8Array[] = [];
  let complaint = "";
  child.stdout.on("data", (bytes: Uint8Array) => output.push(bytes));
  child.stderr.on("data", (bytes: Uint8Array) => {
    complaint = (complaint + new TextDecoder().decode(bytes)).slice(-complaintBytesMax);
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.on("error", (cause) => {
      const message = `expected to run ${program}, found: ${cause.message}; install ffmpeg or set FFMPEG_BIN to its path`;
      reject(new DreamlogError("FFMPEG_MISSING", message, { program }, cause));
    });
    child.on("close", (code, signal) => {
      if (code === 0) resolve();
      else reject(failed(code, signal, complaint, timeoutMs));
    });
  });
  // An early end closes the pipe while it is written to (EPIPE); how the program ended says why.
  child.stdin.on("error", () => undefined);
  for (const bytes of input) child.stdin.write(bytes);
  child.stdin.end();
  await ended;
  return Buffer.concat(output);
}

function failed(
  code: number | null,
  signal: NodeJS.Signals | null,
  complaint: string,
  timeoutMs: number,
): DreamlogError {
  const how =
    signal === null ? `exit code ${code ?? -1}` : `killed by ${signal} (limit ${timeoutMs} ms)`;
  return new DreamlogError(
    "FFMPEG_FAILED",
    `expected ffmpeg to end well, found ${how}: ${complaint.trim()}; try another ffmpeg with FFMPEG_BIN`,
    { code, signal, complaint },
  );
}
