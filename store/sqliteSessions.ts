import type Database from "better-sqlite3";
import type { Digest } from "../src/core/digest.ts";
import { invariant } from "../src/core/errors.ts";
import type { SessionId } from "../src/events/envelope.ts";
import type { LogTables, SessionRow } from "./logTables.ts";
import { toBytes, toDigest } from "./sqliteRows.ts";

/** No session has it: SQLite numbers rows from 1. */
const unknownNumber = 0;

type SessionTables = Pick<
  LogTables,
  "insertSession" | "internProducer" | "producer" | "sessionById" | "sessionByNumber" | "sessions"
> & {
  /** A transaction that rolled back may have numbered rows that never came to be. */
  forget(): void;
};

/** The tables `sessions` and `producers`: few rows, named by every event, so kept by number. */
export function createSqliteSessions(database: Database.Database): SessionTables {
  const sessionsWhere = <Parameters extends unknown[]>(condition: string) =>
    database.prepare<Parameters, SessionRow>(
      `SELECT number, id, parent, fork_position AS forkPosition, first_seq AS firstSeq
       FROM sessions WHERE ${condition}`,
    );
  const insertSession = database.prepare<[string, number | null, number, number]>(
    "INSERT OR FAIL INTO sessions (id, parent, fork_position, first_seq) VALUES (?, ?, ?, ?)",
  );
  const sessionById = sessionsWhere<[string]>("id = ?");
  const sessionByNumber = sessionsWhere<[number]>("number = ?");
  const sessionsFrom = sessionsWhere<[string, string]>("substr(id, 1, length(?)) = ? ORDER BY id");
  const insertProducer = database.prepare<[Buffer, string]>(
    "INSERT OR FAIL INTO producers (digest, json) VALUES (?, ?)",
  );
  const producerNumber = database
    .prepare<[Buffer], number>("SELECT number FROM producers WHERE digest = ?")
    .pluck();
  const producer = database.prepare<[number], { number: number; digest: Buffer; json: string }>(
    "SELECT number, digest, json FROM producers WHERE number = ?",
  );
  const knownProducers = new Map<Digest, number>();
  // Rows never change, and those not found are not remembered: another process may add them.
  const knownSessions = new Map<number, SessionRow>();
  const numbersById = new Map<SessionId, number>();

  const remember = (row: SessionRow | undefined) => {
    if (row !== undefined) {
      knownSessions.set(row.number, row);
      numbersById.set(row.id, row.number);
    }
    return row;
  };

  return {
    insertSession(row) {
      insertSession.run(row.id, row.parent, row.forkPosition, row.firstSeq);
      const stored = sessionById.get(row.id);
      invariant(stored !== undefined, "an inserted session is there");
      return stored;
    },
    internProducer(digest, json) {
      const known = knownProducers.get(digest);
      if (known !== undefined) return known;
      const bytes = toBytes(digest);
      const stored = producerNumber.get(bytes);
      const number = stored ?? Number(insertProducer.run(bytes, json()).lastInsertRowid);
      knownProducers.set(digest, number);
      return number;
    },
    producer(number) {
      const row = producer.get(number);
      return row === undefined ? undefined : { ...row, digest: toDigest(row.digest) };
    },
    sessionById: (id) =>
      knownSessions.get(numbersById.get(id) ?? unknownNumber) ?? remember(sessionById.get(id)),
    sessionByNumber: (number) => knownSessions.get(number) ?? remember(sessionByNumber.get(number)),
    sessions: (prefix) => sessionsFrom.all(prefix, prefix),
    forget() {
      knownProducers.clear();
      knownSessions.clear();
      numbersById.clear();
    },
  };
}
