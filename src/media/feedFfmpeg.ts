import { spawn } from "node:child_process";
import { DreamlogError } from "../core/errors.ts";
import { findFfmpeg } from "./findFfmpeg.ts";

/** Enough of the program's complaints to see what is wrong. */
const complaintBytesMax = 4096;

/**
 * Runs ffmpeg on input that is too large to be held at once: the next piece is asked for when the
 * program has room for it. Its output goes to a file that `parameters` name.
 *
 * @param parameters - between the program's name and its end; input is `pipe:0`.
 * @throws {DreamlogError} `FFMPEG_MISSING`; `FFMPEG_FAILED` with the program's last words as
 *   `context.complaint`; what `input` throws.
 */
export async function feedFfmpeg(
  parameters: readonly string[],
  input: AsyncIterable<Uint8Array>,
): Promise<void> {
  const program = findFfmpeg();
  const child = spawn(program, ["-v", "error", "-nostdin", ...parameters], {
    stdio: ["pipe", "ignore", "pipe"],
  });
  let complaint = "";
  child.stderr.on("data", (bytes: Uint8Array) => {
    complaint = (complaint + new TextDecoder().decode(bytes)).slice(-complaintBytesMax);
  });
  let hasEnded = false;
  const ended = new Promise<string | null>((resolve) => {
    child.on("error", ({ message }) => resolve(message));
    child.on("close", (code, signal) => resolve(code === 0 ? null : (signal ?? `exit code ${code ?? -1}`))); // prettier-ignore
  });
  void ended.then(() => (hasEnded = true));
  // An early end closes the pipe while it is written to (EPIPE); how the program ended says why.
  child.stdin.on("error", () => undefined);
  try {
    for await (const bytes of input) {
      // Set while the next piece was made, which the type checker does not see.
      if (hasEnded as boolean) break;
      if (child.stdin.write(bytes)) continue;
      await Promise.race([new Promise((resolve) => child.stdin.once("drain", resolve)), ended]);
    }
  } catch (error) {
    child.kill("SIGKILL");
    await ended;
    throw error;
  }
  child.stdin.end();
  const how = await ended;
  if (how === null) return;
  throw new DreamlogError(
    child.pid === undefined ? "FFMPEG_MISSING" : "FFMPEG_FAILED",
    `expected ${program} to end well, found ${how}: ${complaint.trim()}; try another ffmpeg with FFMPEG_BIN`,
    { program, how, complaint },
  );
}
