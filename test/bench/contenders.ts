import Database from "better-sqlite3";
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from "node:fs";
import type { Clock } from "../../src/core/clock.ts";
import { decodePayload } from "../../src/events/codec.ts";
import type { NewEvent } from "../../src/events/envelope.ts";
import { openLog, type OpenLog } from "../../store/openLog.ts";
import type { Contender } from "./measure.ts";

/** What all contenders work on. */
export interface Bench {
  readonly events: readonly NewEvent[];
  /** Events in a transaction. */
  readonly batchSize: number;
  /** Events in a page of a read. */
  readonly readPage: number;
  /** Raw pictures. */
  readonly frames: readonly Uint8Array[];
  readonly clock: Clock;
  /** A path nothing has used yet; the operating system has nothing of it in memory. */
  readonly newPath: () => string;
}

/** Frames that a plain file takes between two waits for the disk. */
const framesPerSync = 10;

function removeFile(path: string): void {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(path + suffix, { force: true });
}

export async function appendAll(
  { log }: OpenLog,
  { events, batchSize }: Pick<Bench, "events" | "batchSize">,
): Promise<void> {
  for (let at = 0; at < events.length; at += batchSize) {
    await log.append(events.slice(at, at + batchSize));
  }
}

/** Inserts finished rows by a prepared statement, with the log's own settings. */
export function rawInserts(
  { batchSize, newPath }: Bench,
  name: string,
  rows: readonly (readonly unknown[])[],
  statements: readonly string[],
): Contender {
  return {
    name,
    prepare: () => {
      const path = newPath();
      const database = new Database(path);
      for (const pragma of ["page_size = 8192", "journal_mode = WAL", "synchronous = NORMAL"])
        database.pragma(pragma);
      for (const statement of statements) database.exec(statement);
      const insert = database.prepare(
        `INSERT INTO events VALUES (${rows[0]!.map(() => "?").join(", ")})`,
      );
      const insertBatch = database.transaction((batch: readonly (readonly unknown[])[]) => {
        for (const row of batch) insert.run(...row);
      });
      return Promise.resolve({
        work: () => {
          for (let at = 0; at < rows.length; at += batchSize) {
            insertBatch.immediate(rows.slice(at, at + batchSize));
          }
        },
        clean: () => {
          database.close();
          removeFile(path);
        },
      });
    },
  };
}

export function logAppends(bench: Bench, name: string, durability: "normal" | "full"): Contender {
  return {
    name,
    prepare: () => {
      const path = bench.newPath();
      const open = openLog({ path, clock: bench.clock, durability });
      return Promise.resolve({
        work: () => appendAll(open, bench),
        clean: () => {
          void open.close();
          removeFile(path);
        },
      });
    },
  };
}

export function rawScan({ events, readPage }: Bench, path: string): Contender {
  return {
    name: "raw scan and msgpackr decode",
    prepare: () => {
      const database = new Database(path, { readonly: true });
      const page = database.prepare<[number, number], { position: number; payload: Buffer }>(
        "SELECT * FROM events WHERE position > ? ORDER BY position LIMIT ?",
      );
      return Promise.resolve({
        work: () => {
          for (let after = 0; after < events.length; after += readPage) {
            for (const { payload } of page.all(after, readPage)) decodePayload(payload);
          }
        },
        clean: () => void database.close(),
      });
    },
  };
}

export function logReads({ events, readPage, clock }: Bench, path: string): Contender {
  return {
    name: "log.read, pages of 1000",
    prepare: () => {
      const open = openLog({ path, clock, mode: "readonly" });
      return Promise.resolve({
        work: async () => {
          for (let after = 0; after < events.length; after += readPage) {
            await open.log.read({ afterPosition: after, limit: readPage });
          }
        },
        clean: () => void open.close(),
      });
    },
  };
}

/** Frames to the end of a plain file. */
export function fileAppends({ frames, newPath }: Bench): Contender {
  return {
    name: `file append, fdatasync every ${framesPerSync}`,
    prepare: () => {
      const path = newPath();
      const file = openSync(path, "a");
      return Promise.resolve({
        work: () => {
          for (const [at, frame] of frames.entries()) {
            writeSync(file, frame);
            if (at % framesPerSync === framesPerSync - 1) fdatasyncSync(file);
          }
        },
        clean: () => {
          closeSync(file);
          removeFile(path);
        },
      });
    },
  };
}

/** Frames as blobs of the log, with their digests. */
export function blobPuts({ frames, newPath, clock }: Bench): Contender {
  return {
    name: "blobs.put",
    prepare: () => {
      const path = newPath();
      const open = openLog({ path, clock });
      return Promise.resolve({
        work: async () => {
          for (const frame of frames) await open.blobs.put(frame, "image/x-rgb24");
        },
        clean: () => {
          void open.close();
          removeFile(path);
        },
      });
    },
  };
}
