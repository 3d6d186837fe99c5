import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const entry = fileURLToPath(new URL("./tinyDreamlog.ts", import.meta.url));

/** A command line that runs in a process of its own, on the tiny settings. */
export interface SpawnedDreamlog {
  readonly kill: (signal: NodeJS.Signals) => void;
  /** How it ended, and what it wrote. */
  readonly ended: Promise<{
    readonly code: number | null;
    readonly signal: NodeJS.Signals | null;
    readonly stdout: string;
    readonly stderr: string;
  }>;
}

export function spawnDreamlog(...argv: readonly string[]): SpawnedDreamlog {
  return spawned(process.execPath, ["--import", "tsx", entry, ...argv]);
}

/** The same where no file may grow beyond so many blocks, as on a full disk. */
export function spawnLimitedDreamlog(blocks: number, ...argv: readonly string[]): SpawnedDreamlog {
  const node = [process.execPath, "--import", "tsx", entry, ...argv];
  return spawned("sh", ["-c", `ulimit -f ${blocks}; exec "$0" "$@"`, ...node]);
}

function spawned(command: string, words: readonly string[]): SpawnedDreamlog {
  const child = spawn(command, words, { stdio: ["ignore", "pipe", "pipe"] });
  const written = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (written.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (written.stderr += chunk.toString()));
  const ended = once(child, "close").then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
    ...written,
  }));
  return { kill: (signal) => child.kill(signal), ended };
}
