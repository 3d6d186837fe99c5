import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** See there for its arguments. */
export const appendingScript = fileURLToPath(new URL("./appendingProcess.ts", import.meta.url));

export interface AppendingProcess {
  /** Events of its session that it was told are stored. */
  acknowledged(): number;
  /** Resolves after its first acknowledged append. */
  readonly ready: Promise<void>;
  /** The process dies on the spot, in the middle of whatever it does. */
  kill(): void;
  /** Resolves when it has ended and all it said is heard; a process that fails of itself rejects. */
  readonly ended: Promise<void>;
}

/** Starts a process that appends to one session, without end or a number of batches. */
export function startAppendingProcess(
  path: string,
  session: string,
  batches = Infinity,
  mode: "direct" | "thread" = "direct",
): AppendingProcess {
  const child = spawn(
    process.execPath,
    ["--import", "tsx", appendingScript, path, session, String(batches), mode],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let acknowledged = 0;
  const lines = createInterface({ input: child.stdout });
  const ready = new Promise<void>((resolve) => {
    lines.on("line", (line) => {
      acknowledged = Number(line);
      resolve();
    });
  });
  const ended = Promise.all([once(child, "exit"), once(lines, "close")]).then(([[code]]) => {
    // A killed process has no code.
    if (code !== 0 && code !== null)
      throw new Error(`appending process ended with ${String(code)}`);
  });
  return {
    acknowledged: () => acknowledged,
    ready: Promise.race([ready, ended]),
    kill: () => void child.kill("SIGKILL"),
    ended,
  };
}
