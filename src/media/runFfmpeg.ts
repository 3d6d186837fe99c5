import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import type { Writable } from "node:stream";
import { DreamlogError } from "../core/errors.ts";
import { findFfmpeg } from "./findFfmpeg.ts";

export interface FfmpegRun {
  /** Between the program's name and its end; input is `pipe:0`, output `pipe:1` or a file. */
  readonly parameters: readonly string[];
  /** Written to the program's input, in order; the next piece is asked for when there is room for it. */
  readonly input: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  /** The program is killed after this long; null for work that takes as long as its input. Default 120 000. */
  readonly timeoutMs?: number | null;
  /** The program; found by `findFfmpeg` when left out. */
  readonly program?: string;
}

/** Enough of the program's complaints to see what is wrong. */
const complaintBytesMax = 4096;

/**
 * Runs ffmpeg once.
 *
 * @returns what it wrote to its output.
 * @throws {DreamlogError} `FFMPEG_MISSING` when there is no such program, `FFMPEG_FAILED` when it
 *   ends with an error or takes too long; `context.complaint` holds its last words. What `input`
 *   throws, with the program ended.
 */
export async function runFfmpeg(run: FfmpegRun): Promise<Uint8Array> {
  const { parameters, input, timeoutMs = 120_000 } = run;
  const program = run.program ?? findFfmpeg();
  const child = spawn(program, ["-v", "error", "-nostdin", ...parameters], {
    stdio: ["pipe", "pipe", "pipe"],
    ...(timeoutMs === null ? {} : { timeout: timeoutMs, killSignal: "SIGKILL" }),
  });
  const output: Uint8Array[] = [];
  let complaint = "";
  child.stdout.on("data", (bytes: Uint8Array) => output.push(bytes));
  child.stderr.on("data", (bytes: Uint8Array) => {
    complaint = (complaint + new TextDecoder().decode(bytes)).slice(-complaintBytesMax);
  });
  const ended = endOf(child);
  try {
    await feed(child.stdin, input, ended);
  } catch (error) {
    child.kill("SIGKILL");
    await ended;
    throw error;
  }
  const end = await ended;
  if (end.kind === "notStarted") throw missing(program, end.cause);
  if (end.code !== 0) throw failed(end, complaint, timeoutMs);
  return Buffer.concat(output);
}

type End =
  | { readonly kind: "notStarted"; readonly cause: Error }
  | { readonly kind: "ended"; readonly code: number | null; readonly signal: string | null };

function endOf(child: ChildProcessWithoutNullStreams): Promise<End> {
  return new Promise((resolve) => {
    child.on("error", (cause) => resolve({ kind: "notStarted", cause }));
    child.on("close", (code, signal) => resolve({ kind: "ended", code, signal }));
  });
}

/** Writes all of the input, or as much as the program takes before it ends. */
async function feed(
  stdin: Writable,
  input: FfmpegRun["input"],
  ended: Promise<End>,
): Promise<void> {
  let hasEnded = false;
  void ended.then(() => (hasEnded = true));
  // An early end closes the pipe while it is written to (EPIPE); how the program ended says why.
  stdin.on("error", () => undefined);
  for await (const bytes of input) {
    // Set while the next piece was made, which the type checker does not see.
    if (hasEnded as boolean) return;
    if (stdin.write(bytes)) continue;
    await Promise.race([new Promise((resolve) => stdin.once("drain", resolve)), ended]);
  }
  stdin.end();
}

function missing(program: string, cause: Error): DreamlogError {
  const message = `expected to run ${program}, found: ${cause.message}; install ffmpeg or set FFMPEG_BIN to its path`;
  return new DreamlogError("FFMPEG_MISSING", message, { program }, cause);
}

function failed(
  { code, signal }: Extract<End, { kind: "ended" }>,
  complaint: string,
  timeoutMs: number | null,
): DreamlogError {
  const limit = timeoutMs === null ? "" : ` (limit ${timeoutMs} ms)`;
  const how = signal === null ? `exit code ${code ?? -1}` : `killed by ${signal}${limit}`;
  return new DreamlogError(
    "FFMPEG_FAILED",
    `expected ffmpeg to end well, found ${how}: ${complaint.trim()}; try another ffmpeg with FFMPEG_BIN`,
    { code, signal, complaint },
  );
}
