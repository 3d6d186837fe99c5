import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ManualClock, type Clock } from "../../src/core/clock.ts";
import type { NewEvent } from "../../src/events/envelope.ts";
import { smallEvents } from "./smallEvents.ts";

/** What all contenders work on. */
export interface Workload {
  readonly events: readonly NewEvent[];
  /** Events in a transaction, or between two waits for the disk. */
  readonly batchSize: number;
  /** Events in a page of a read. */
  readonly readPage: number;
  /** Raw pictures of 960 × 540. */
  readonly frames: readonly Uint8Array[];
  /** Frames between two waits for the disk. */
  readonly framesPerSync: number;
  readonly clock: Clock;
  /** A path nothing has used yet; the operating system has nothing of it in memory. */
  readonly newPath: () => string;
  /** Removes everything at a path and beside it. */
  readonly remove: (path: string) => void;
}

export const frameBytes = 960 * 540 * 3;

/** @param run - gets the workload; its folder goes away afterwards. */
export async function withWorkload(
  sizes: { readonly eventCount: number; readonly frameCount: number },
  run: (workload: Workload) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "dreamlog-bench-"));
  let fileCount = 0;
  try {
    await run({
      events: smallEvents(sizes.eventCount),
      batchSize: 100,
      readPage: 1000,
      frames: Array.from({ length: sizes.frameCount }, (_, frame) =>
        Uint8Array.from({ length: frameBytes }, (_sample, at) => (at * (frame + 3)) % 251),
      ),
      framesPerSync: 10,
      clock: new ManualClock(1),
      newPath: () => join(folder, `${++fileCount}.log`),
      remove: (path) => {
        for (const suffix of ["", "-wal", "-shm", ".segments"])
          rmSync(path + suffix, { recursive: true, force: true });
      },
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
