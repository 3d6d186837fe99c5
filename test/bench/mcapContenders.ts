import { closeSync, fstatSync, openSync, readSync, writeSync } from "node:fs";
import type { Contender } from "./measure.ts";
import type { Row } from "./rawContenders.ts";
import type { Workload } from "./workload.ts";

/** What is used of @mcap/core. */
export interface Mcap {
  readonly McapWriter: new (options: {
    readonly writable: { write(bytes: Uint8Array): Promise<void>; position(): bigint };
    readonly chunkSize: number;
  }) => McapWriter;
  readonly McapIndexedReader: {
    Initialize(options: { readonly readable: Readable }): Promise<{
      readMessages(range: {
        readonly startTime: bigint;
        readonly endTime: bigint;
      }): AsyncIterable<{ readonly data: Uint8Array }>;
    }>;
  };
}

interface McapWriter {
  start(header: { readonly profile: string; readonly library: string }): Promise<void>;
  registerChannel(channel: {
    readonly schemaId: number;
    readonly topic: string;
    readonly messageEncoding: string;
    readonly metadata: ReadonlyMap<string, string>;
  }): Promise<number>;
  addMessage(message: {
    readonly channelId: number;
    readonly sequence: number;
    readonly logTime: bigint;
    readonly publishTime: bigint;
    readonly data: Uint8Array;
  }): Promise<void>;
  end(): Promise<void>;
}

interface Readable {
  size(): Promise<bigint>;
  read(offset: bigint, size: bigint): Promise<Uint8Array>;
}

/** The library's own default. */
const chunkBytes = 1024 * 1024;

/** What a row of the log says, as one message: everything but the columns SQLite needs. */
export function messagesOf(rows: readonly Row[]): readonly Uint8Array[] {
  return rows.map((row) => {
    const parts = row.filter((cell) => cell !== null);
    return Buffer.concat(
      parts.map((cell) =>
        cell instanceof Uint8Array ? cell : Buffer.from(String(cell as string | number)),
      ),
    );
  });
}

export async function writeMcap(
  { McapWriter }: Mcap,
  path: string,
  messages: readonly Uint8Array[],
): Promise<void> {
  const file = openSync(path, "w");
  let position = 0n;
  const writer = new McapWriter({
    writable: {
      write(bytes) {
        writeSync(file, bytes);
        position += BigInt(bytes.length);
        return Promise.resolve();
      },
      position: () => position,
    },
    chunkSize: chunkBytes,
  });
  await writer.start({ profile: "", library: "bench" });
  const channelId = await writer.registerChannel({
    schemaId: 0,
    topic: "bench",
    messageEncoding: "msgpack",
    metadata: new Map(),
  });
  for (const [sequence, data] of messages.entries()) {
    const time = BigInt(sequence);
    await writer.addMessage({ channelId, sequence, logTime: time, publishTime: time, data });
  }
  await writer.end();
  closeSync(file);
}

export function mcapAppends(
  { newPath, remove }: Workload,
  mcap: Mcap,
  messages: readonly Uint8Array[],
): Contender {
  return {
    name: "@mcap/core writer, no compression",
    prepare: () => {
      const path = newPath();
      return Promise.resolve({
        work: () => writeMcap(mcap, path, messages),
        clean: () => remove(path),
      });
    },
  };
}

/** One message at a time, found by its time. */
export function mcapLookUps(mcap: Mcap, path: string, seqs: readonly number[]): Contender {
  return {
    name: "@mcap/core single-message read",
    prepare: async () => {
      const file = openSync(path, "r");
      const readable: Readable = {
        size: () => Promise.resolve(BigInt(fstatSync(file).size)),
        read(offset, size) {
          const bytes = new Uint8Array(Number(size));
          readSync(file, bytes, 0, bytes.length, Number(offset));
          return Promise.resolve(bytes);
        },
      };
      const reader = await mcap.McapIndexedReader.Initialize({ readable });
      return {
        work: async () => {
          for (const seq of seqs) {
            const time = BigInt(seq);
            let found = 0;
            for await (const _message of reader.readMessages({ startTime: time, endTime: time }))
              found += 1;
            if (found !== 1) throw new Error(`found ${found} messages at ${seq}`);
          }
        },
        clean: () => closeSync(file),
      };
    },
  };
}
