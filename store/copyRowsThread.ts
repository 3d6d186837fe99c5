import { Sqlite } from "../src/sqlite/sqlite.ts";
import type { CreateHandler } from "../src/workers/serve.ts";
import { translateOpenError, translateSqliteError } from "./sqliteErrors.ts";

/** From one file to another that is not there yet. */
export interface CopyRowsJob {
  readonly source: string;
  readonly target: string;
}

/** Copies a log's rows in a thread of its own: one call into SQLite, which takes minutes for gigabytes. */
export const createHandler: CreateHandler<null, CopyRowsJob, null> = () =>
  Promise.resolve((job: CopyRowsJob) => {
    copyRows(job);
    return Promise.resolve({ result: null });
  });

/** One read transaction, which holds up no writer, and leaves out what the file has free. */
function copyRows({ source, target }: CopyRowsJob): void {
  try {
    const database = new Sqlite(source, { readonly: true });
    try {
      database.prepare("VACUUM INTO ?").run(target);
    } finally {
      database.close();
    }
  } catch (error) {
    const isDamaged =
      error instanceof Sqlite.SqliteError && error.code.startsWith("SQLITE_CORRUPT");
    throw isDamaged ? translateSqliteError(error, source) : translateOpenError(error, target);
  }
}
