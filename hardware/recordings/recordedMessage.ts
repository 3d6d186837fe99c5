import { DreamlogError } from "../../src/core/errors.ts";
import { createCdrReader, definitionOf } from "../messages/rosDefinitions.ts";

/** One message of a recording made by others. */
export interface RecordedMessage {
  readonly topic: string;
  /** ROS 2 name, or that of whatever schema it has. */
  readonly rosType: string;
  /** When it was received, by the recorder's clock: integer microseconds since the Unix epoch. */
  readonly receivedUs: number;
  readonly bytes: Uint8Array;
  /** @throws {DreamlogError} `MESSAGE_INVALID` when its encoding or schema is none that is read here. */
  decode(): unknown;
}

/** What became of reading a recording, once its messages have been read. */
export interface RecordingEnd {
  /** Null when the file was whole; else what is wrong with it from here on. */
  readonly damage: string | null;
}

/** @returns null for a time that no clock shows: before 1970, or beyond what a number holds exactly. */
export function microsecondsOf(nanoseconds: bigint): number | null {
  const timeUs = Number(nanoseconds / 1000n);
  return timeUs >= 0 && Number.isSafeInteger(timeUs) ? timeUs : null;
}

/** What is known of a channel's messages. */
export interface MessageFormat {
  readonly rosType: string;
  /** Such as `cdr` or `json`. */
  readonly encoding: string;
  /** Text of the schema where the recording carries one. */
  readonly definition: string | null;
  /** Such as `ros2msg`; empty where there is none. */
  readonly schemaEncoding: string;
}

/** Makes the decoder of one channel; the work is done when the first message is decoded. */
export function decoderOf(format: MessageFormat): (bytes: Uint8Array) => unknown {
  let read: ((bytes: Uint8Array) => unknown) | null = null;
  return (bytes) => (read ??= makeReader(format))(bytes);
}

function makeReader({
  rosType,
  encoding,
  definition,
  schemaEncoding,
}: MessageFormat): (bytes: Uint8Array) => unknown {
  if (encoding === "json") return readJson;
  const isRos = schemaEncoding === "ros2msg" || schemaEncoding === "";
  const text = isRos ? (definition ?? definitionOf(rosType)) : undefined;
  if (encoding === "cdr" && text !== undefined) return createCdrReader(text);
  throw new DreamlogError(
    "MESSAGE_INVALID",
    `expected JSON, or CDR with a ros2msg schema, found ${encoding} of ${rosType} with ${schemaEncoding || "no"} schema`,
    { rosType, encoding, schemaEncoding },
  );
}

function readJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    throw new DreamlogError("MESSAGE_INVALID", `expected JSON, found: ${found}`, {}, cause);
  }
}
