import type Database from "better-sqlite3";
import { DreamlogError } from "../../src/core/errors.ts";
import { Sqlite } from "../../src/sqlite/sqlite.ts";
import { decoderOf, type RecordedMessage } from "./recordedMessage.ts";

interface TopicRow {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly serialization_format: string;
}

interface MessageRow {
  readonly topic_id: bigint;
  readonly timestamp: bigint;
  readonly data: Buffer;
}

/**
 * Reads a rosbag2 SQLite file in order of receive time, equal times in the order of writing. Bags
 * carry definitions only since Iron; without one, the common types are known here.
 *
 * @throws {DreamlogError} `RECORDING_INVALID` for a file that is no rosbag2.
 */
export function* readRosbag2(path: string): Generator<RecordedMessage> {
  const database = openBag(path);
  try {
    const topics = new Map(
      readTopics(database, path).map((row) => {
        const { id, name: topic, type: rosType, serialization_format: encoding } = row;
        const definition = definitionIn(database, rosType);
        const decode = decoderOf({ rosType, encoding, definition, schemaEncoding: "" });
        return [id, { topic, rosType, decode }] as const;
      }),
    );
    const rows = database
      .prepare("SELECT topic_id, timestamp, data FROM messages ORDER BY timestamp, id")
      .safeIntegers()
      .iterate() as IterableIterator<MessageRow>;
    for (const { topic_id: id, timestamp, data } of rows) {
      const known = topics.get(Number(id));
      if (known === undefined) throw invalid(path, `a message of no topic, ${id}`);
      const { topic, rosType, decode } = known;
      const receivedUs = Number(timestamp / 1000n);
      yield { topic, rosType, receivedUs, bytes: data, decode: () => decode(data) };
    }
  } catch (cause) {
    if (cause instanceof Sqlite.SqliteError) throw invalid(path, cause.message, cause);
    throw cause;
  } finally {
    database.close();
  }
}

function openBag(path: string): Database.Database {
  try {
    return new Sqlite(path, { readonly: true, fileMustExist: true });
  } catch (cause) {
    throw invalid(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function readTopics(database: Database.Database, path: string): readonly TopicRow[] {
  try {
    return database
      .prepare<[], TopicRow>("SELECT id, name, type, serialization_format FROM topics ORDER BY id")
      .all();
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
