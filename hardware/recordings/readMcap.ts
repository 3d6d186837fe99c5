import { createReadStream } from "node:fs";
import { McapStreamReader, type McapTypes } from "@mcap/core";
import { loadDecompressHandlers } from "@mcap/support";
import { DreamlogError } from "../../src/core/errors.ts";
import { inRosTerms, readAs } from "./foxglovePictures.ts";
import {
  decoderOf,
  microsecondsOf,
  type RecordedMessage,
  type RecordingEnd,
} from "./recordedMessage.ts";

const readBytes = 1024 * 1024;

interface Channel {
  readonly topic: string;
  readonly rosType: string;
  readonly decode: (bytes: Uint8Array) => unknown;
}

/**
 * Reads an MCAP file from its beginning, compressed or not, in the order in which it was written. No
 * index is needed: a file that was cut off gives what comes before the cut, up to its last whole chunk.
 *
 * @throws {DreamlogError} `RECORDING_INVALID` for a file that is no MCAP from the first byte on.
 */
export async function* readMcap(path: string): AsyncGenerator<RecordedMessage, RecordingEnd> {
  const decompressHandlers = await loadDecompressHandlers();
  const reader = new McapStreamReader({ decompressHandlers });
  const schemas = new Map<number, McapTypes.Schema>();
  const channels = new Map<number, Channel>();
  let isBegun = false;
  try {
    for await (const bytes of createReadStream(path, { highWaterMark: readBytes })) {
      reader.append(bytes as Uint8Array);
      for (let record; (record = reader.nextRecord());) {
        isBegun = true;
        if (record.type === "Schema") schemas.set(record.id, record);
        else if (record.type === "Channel") channels.set(record.id, channelOf(record, schemas));
        else if (record.type === "Message") {
          const channel = channels.get(record.channelId);
          if (channel === undefined)
            throw new Error(`a message of no channel, ${record.channelId}`);
          yield messageOf(record, channel);
        }
      }
    }
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    if (isBegun) return { damage: found };
    throw invalid(path, found, cause);
  }
  if (!isBegun) throw invalid(path, "another kind of file, or an empty one");
  return { damage: reader.done() ? null : "the file ends before its footer" };
}

function channelOf(
  { topic, schemaId, messageEncoding: encoding }: McapTypes.Channel,
  schemas: ReadonlyMap<number, McapTypes.Schema>,
): Channel {
  const schema = schemas.get(schemaId);
  const name = schema?.name ?? "";
  const definition = schema === undefined ? null : new TextDecoder().decode(schema.data);
  const schemaEncoding = schema?.encoding ?? "";
  const decode = decoderOf({ rosType: name, encoding, definition, schemaEncoding });
  return { topic, rosType: readAs(name), decode: (bytes) => inRosTerms(name, decode(bytes)) };
}

function messageOf(
  { data, logTime }: McapTypes.Message,
  { topic, rosType, decode }: Channel,
): RecordedMessage {
  const receivedUs = microsecondsOf(logTime);
  if (receivedUs === null) throw new Error(`a message at ${logTime} ns`);
  return { topic, rosType, receivedUs, bytes: data, decode: () => decode(data) };
}

function invalid(path: string, found: string, cause?: unknown): DreamlogError {
  return new DreamlogError(
    "RECORDING_INVALID",
    `${path}: expected an MCAP file, found: ${found}; name an .mcap or a .db3 file`,
    { path, found },
    cause,
  );
}
