import type Database from "better-sqlite3";
import type { LogTables } from "./logTables.ts";
import { digestParameter, toDigest } from "./sqliteRows.ts";

/** The table `tail`: one row, where the log ended at its last commit. */
export function createSqliteTail(
  database: Database.Database,
): Pick<LogTables, "noteTail" | "tail"> {
  const note = database.prepare<[number, Buffer | null]>(
    "UPDATE tail SET position = ?, chain_digest = ?",
  );
  const tail = database.prepare<[], { position: number; chainDigest: Buffer | null }>(
    "SELECT position, chain_digest AS chainDigest FROM tail",
  );
  const chainBytes = digestParameter();
  return {
    noteTail: ({ position, chainDigest }) =>
      void note.run(position, chainDigest === null ? null : chainBytes(chainDigest)),
    tail() {
      const row = tail.get();
      if (row === undefined) return undefined;
      const { position, chainDigest } = row;
      return { position, chainDigest: chainDigest === null ? null : toDigest(chainDigest) };
    },
  };
}
