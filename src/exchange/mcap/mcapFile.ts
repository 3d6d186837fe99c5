import { mkdir, open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { McapWriter } from "@mcap/core";
import { foxgloveSchemas, type FoxgloveSchema } from "./foxgloveSchemas.ts";

/** One message, of whatever kind its topic is. */
export interface McapMessage {
  readonly topic: string;
  readonly schema: FoxgloveSchema;
  /** When it happened, integer microseconds since the Unix epoch. */
  readonly timeUs: number;
  /** When it was recorded. */
  readonly logTimeUs: number;
  /** JSON-encodable; `timestamp` is added. */
  readonly content: object;
}

/**
 * Writes messages to an MCAP file: JSON under Foxglove's schemas, in chunks with indexes, no larger
 * part of it in memory than a chunk. The file appears under its name once it is whole.
 *
 * @param messages - in order of `logTimeUs`, so that chunks do not overlap in time.
 * @param metadata - what the file says about itself.
 * @returns how many were written.
 */
export async function writeMcapFile(
  path: string,
  messages: AsyncIterable<McapMessage>,
  metadata: Readonly<Record<string, string>>,
): Promise<number> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(`${path}.partial`, "w");
  let lengthBytes = 0n;
  let count = 0;
  try {
    const writer = new McapWriter({
      writable: {
        async write(bytes) {
          // Unlike `write`, to the last byte.
          await file.writeFile(bytes);
          lengthBytes += BigInt(bytes.length);
        },
        position: () => lengthBytes,
      },
    });
    await writer.start({ profile: "", library: "dreamlog" });
    await writer.addMetadata({ name: "dreamlog", metadata: new Map(Object.entries(metadata)) });
    const channelOf = createChannels(writer);
    for await (const message of messages) {
      const channel = await channelOf(message);
      const content = { timestamp: timeOf(message.timeUs), ...message.content };
      // The writer's calls may not overlap.
      await writer.addMessage({
        channelId: channel.id,
        sequence: channel.sequence++,
        logTime: nanoseconds(message.logTimeUs),
        publishTime: nanoseconds(message.timeUs),
        data: Buffer.from(JSON.stringify(content)),
      });
      count += 1;
    }
    await writer.end();
  } finally {
    await file.close();
  }
  await rename(`${path}.partial`, path);
  return count;
}

interface OpenChannel {
  readonly id: number;
  sequence: number;
}

/** Registers schemas and channels as they are first needed. */
function createChannels(writer: McapWriter): (message: McapMessage) => Promise<OpenChannel> {
  const schemas = new Map<FoxgloveSchema, number>();
  const channels = new Map<string, OpenChannel>();
  return async ({ topic, schema }) => {
    let channel = channels.get(topic);
    if (channel !== undefined) return channel;
    let schemaId = schemas.get(schema);
    if (schemaId === undefined) {
      const data = Buffer.from(JSON.stringify(foxgloveSchemas[schema]));
      schemaId = await writer.registerSchema({ name: schema, encoding: "jsonschema", data });
      schemas.set(schema, schemaId);
    }
    const id = await writer.registerChannel({
      schemaId,
      topic,
      messageEncoding: "json",
      metadata: new Map(),
    });
    channel = { id, sequence: 0 };
    channels.set(topic, channel);
    return channel;
  };
}

function nanoseconds(timeUs: number): bigint {
  return BigInt(timeUs) * 1000n;
}

export function timeOf(timeUs: number): { readonly sec: number; readonly nsec: number } {
  const sec = Math.floor(timeUs / 1_000_000);
  return { sec, nsec: (timeUs - sec * 1_000_000) * 1000 };
}
