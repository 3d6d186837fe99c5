import type Database from "better-sqlite3";
import { DreamlogError } from "../../src/core/errors.ts";
import { Sqlite } from "../../src/sqlite/sqlite.ts";
import {
  decoderOf,
  microsecondsOf,
  type RecordedMessage,
  type RecordingEnd,
} from "./recordedMessage.ts";

interface TopicRow {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly serialization_format: string;
}

interface MessageRow {
  readonly topic_id: bigint;
  readonly timestamp: bigint | string | number | null;
  readonly data: Buffer | string | null;
}

/** What is known of a topic's messages. */
type Topics = ReadonlyMap<
  number,
  Pick<RecordedMessage, "topic" | "rosType"> & { readonly decode: (bytes: Uint8Array) => unknown }
>;

/**
 * Reads a rosbag2 SQLite file in order of receive time, equal times in the order of writing. Bags
 * carry definitions only since Iron; without one, the common types are known here. A file that was cut
 * off or damaged gives what can be read of it, in the order of writing.
 *
 * @throws {DreamlogError} `RECORDING_INVALID` for a file that is no rosbag2.
 */
export function* readRosbag2(path: string): Generator<RecordedMessage, RecordingEnd> {
  const database = openBag(path);
  try {
    const topics = topicsOf(database, path);
    const inTime = yield* readRows(database, topics, "timestamp, id");
    if (inTime.damage === null || inTime.count > 0) return inTime;
    // The order of time needs all rows before the first; the order of writing, only those up to the damage.
    const asWritten = yield* readRows(database, topics, "id");
    if (asWritten.count === 0) throw invalid(path, inTime.damage);
    return { damage: inTime.damage };
  } finally {
    database.close();
  }
}

function* readRows(
  database: Database.Database,
  topics: Topics,
  order: string,
): Generator<RecordedMessage, RecordingEnd & { readonly count: number }> {
  let count = 0;
  try {
    const query = `SELECT topic_id, timestamp, data FROM messages ORDER BY ${order}`;
    const rows = database.prepare(query).safeIntegers().iterate() as IterableIterator<MessageRow>;
    for (const { topic_id: id, timestamp, data } of rows) {
      // In a damaged file anything may stand anywhere.
      const known = topics.get(Number(id));
      const receivedUs = typeof timestamp === "bigint" ? microsecondsOf(timestamp) : null;
      if (known === undefined) return { count, damage: `a message of no topic, ${id}` };
      if (receivedUs === null) return { count, damage: `a message at ${timestamp} ns` };
      if (!Buffer.isBuffer(data)) return { count, damage: "a message without bytes" };
      count += 1;
      const { topic, rosType, decode } = known;
      yield { topic, rosType, receivedUs, bytes: data, decode: () => decode(data) };
    }
    return { count, damage: null };
  } catch (cause) {
    if (!(cause instanceof Sqlite.SqliteError)) throw cause;
    return { count, damage: cause.message };
  }
}

function openBag(path: string): Database.Database {
  try {
    const database = new Sqlite(path, { readonly: true, fileMustExist: true });
    // SQLite refuses a file that is shorter than its header says, but to whoever may repair it.
    database.unsafeMode().pragma("writable_schema = ON");
    return database;
  } catch (cause) {
    throw invalid(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function topicsOf(database: Database.Database, path: string): Topics {
  try {
    const rows = database
      .prepare<[], TopicRow>("SELECT id, name, type, serialization_format FROM topics ORDER BY id")
      .all();
    return new Map(
      rows.map((row) => {
        const { id, name: topic, type: rosType, serialization_format: encoding } = row;
        const definition = definitionIn(database, rosType);
        const decode = decoderOf({ rosType, encoding, definition, schemaEncoding: "" });
        return [id, { topic, rosType, decode }] as const;
      }),
    );
  } catch (cause) {
    throw invalid(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

/** @returns null where the bag is older than definitions in bags, or has it in another form. */
function definitionIn(database: Database.Database, rosType: string): string | null {
  const hasTable = database
    .prepare("SELECT 1 FROM sqlite_master WHERE name = 'message_definitions'")
    .get();
  if (hasTable === undefined) return null;
  const row = database
    .prepare<[string], { readonly text: string }>(
      "SELECT encoded_message_definition AS text FROM message_definitions WHERE topic_type = ? AND encoding = 'ros2msg'",
    )
    .get(rosType);
  return row?.text ?? null;
}

function invalid(path: string, found: string, cause?: unknown): DreamlogError {
  return new DreamlogError(
    "RECORDING_INVALID",
    `${path}: expected a rosbag2 SQLite file, found: ${found}; name an .mcap or a .db3 file`,
    { path, found },
    cause,
  );
}
