import * as zstd from "@foxglove/wasm-zstd";
import { McapWriter } from "@mcap/core";
import fc from "fast-check";
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseCellFile } from "../../../hardware/cellFile/parseCellFile.ts";
import { createCdrWriter, definitionOf } from "../../../hardware/messages/rosDefinitions.ts";
import { readMcap } from "../../../hardware/recordings/readMcap.ts";
import { readRosbag2 } from "../../../hardware/recordings/readRosbag2.ts";
import type { RecordedMessage } from "../../../hardware/recordings/recordedMessage.ts";
import { importRecording } from "../../../src/app/live/importRecording.ts";
import { isDreamlogError } from "../../../src/core/errors.ts";
import type { PayloadOf } from "../../../src/events/eventDefinition.ts";
import { jointStatesReceived } from "../../../src/events/hardware.ts";
import { Sqlite } from "../../../src/sqlite/sqlite.ts";
import { openForTest, temporaryPath } from "../../store/temporaryLog.ts";
import { cellText } from "../cellOnSockets.ts";

const cell = parseCellFile(cellText, "virtual.yaml");
const jointState = "sensor_msgs/msg/JointState";
const startNs = 1_700_000_000_000_000_000n;
const periodNs = 1_000_000n;
const messageCount = 200;
const { jointNames } = cell.description.arms.left;

function stamped(at: number) {
  const ns = startNs + BigInt(at) * periodNs;
  const stamp = { sec: Number(ns / 1_000_000_000n), nanosec: Number(ns % 1_000_000_000n) };
  return { stamp, frame_id: "left_fr3_link0" };
}

function statesAt(at: number) {
  const position = jointNames.map((_, joint) => at / 1000 + joint);
  return { header: stamped(at), name: jointNames, position, velocity: [], effort: [] };
}

const writeCdr = createCdrWriter(definitionOf(jointState)!);
/** Received two milliseconds after the stamp. */
const receivedNs = (at: number) => startNs + BigInt(at) * periodNs + 2_000_000n;

type CompressChunk = NonNullable<ConstructorParameters<typeof McapWriter>[0]["compressChunk"]>;

/** An LZ4 frame (lz4_Frame_format 1.6.1) of one block that is stored as it is. */
function lz4Frame(data: Uint8Array): Uint8Array {
  const frame = new Uint8Array(7 + 4 + data.length + 4);
  // Magic number; version 1 with independent blocks; blocks of up to 64 KiB; checksum of the two bytes.
  frame.set([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82]);
  new DataView(frame.buffer).setUint32(7, (data.length | 0x80000000) >>> 0, true);
  frame.set(data, 11);
  return frame;
}

const compressors: Readonly<Record<"lz4" | "zstd", CompressChunk>> = {
  lz4: (chunk) => ({ compression: "lz4", compressedData: lz4Frame(chunk) }),
  zstd: (chunk) => ({ compression: "zstd", compressedData: zstd.compress(chunk) }),
};

/** Written by the format's own library: joint states as CDR, and text as JSON. */
async function writeMcap(
  path: string,
  compressChunk?: CompressChunk,
  count = messageCount,
  from = 0,
): Promise<void> {
  const chunks: Uint8Array[] = [];
  let position = 0n;
  const writer = new McapWriter({
    chunkSize: 4096,
    ...(compressChunk === undefined ? {} : { compressChunk }),
    writable: {
      position: () => position,
      write: (bytes) => {
        chunks.push(bytes.slice());
        position += BigInt(bytes.length);
        return Promise.resolve();
      },
    },
  });
  await writer.start({ profile: "ros2", library: "test" });
  const text = (data: string) => new TextEncoder().encode(data);
  const channel = async (
    topic: string,
    name: string,
    encoding: string,
    schema: string,
    messageEncoding: string,
  ) =>
    writer.registerChannel({
      topic,
      messageEncoding,
      schemaId: await writer.registerSchema({ name, encoding, data: text(schema) }),
      metadata: new Map(),
    });
  const states = await channel(
    "/left/joint_states",
    jointState,
    "ros2msg",
    definitionOf(jointState)!,
    "cdr",
  );
  const notes = await channel("/notes", "Note", "jsonschema", "{}", "json");
  const protobuf = await channel("/other", "Other", "protobuf", "", "protobuf");
  for (let at = from; at < from + count; at++) {
    const times = { logTime: receivedNs(at), publishTime: receivedNs(at), sequence: at };
    await writer.addMessage({ channelId: states, data: writeCdr(statesAt(at)), ...times });
  }
  const times = { logTime: receivedNs(from + messageCount), publishTime: 0n, sequence: 0 };
  await writer.addMessage({ channelId: notes, data: text('{"said":"hello"}'), ...times });
  await writer.addMessage({ channelId: protobuf, data: Uint8Array.of(1, 2, 3), ...times });
  await writer.end();
  writeFileSync(path, Buffer.concat(chunks));
}

function writeBag(path: string): void {
  const bag = new Sqlite(path);
  bag.exec(`CREATE TABLE topics (id INTEGER PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL,
      serialization_format TEXT NOT NULL, offered_qos_profiles TEXT NOT NULL);
    CREATE TABLE messages (id INTEGER PRIMARY KEY, topic_id INTEGER NOT NULL,
      timestamp INTEGER NOT NULL, data BLOB NOT NULL);
    INSERT INTO topics VALUES (1, '/left/joint_states', '${jointState}', 'cdr', '');
    INSERT INTO topics VALUES (2, '/custom', 'lab_msgs/msg/Thing', 'cdr', '');`);
  const insert = bag.prepare("INSERT INTO messages (topic_id, timestamp, data) VALUES (?, ?, ?)");
  for (let at = 0; at < messageCount; at++) insert.run(1, receivedNs(at), writeCdr(statesAt(at)));
  insert.run(2, receivedNs(messageCount), Buffer.from([0, 1, 0, 0, 9]));
  bag.close();
}

async function importFile(
  path: string,
  logPath: string,
  signal = new AbortController().signal,
  onProgress: () => void = () => undefined,
) {
  return importRecording({ path, logPath, session: "s", cell, signal, onProgress });
}

async function stampsIn(logPath: string): Promise<{ stamps: number[]; receipts: number[] }> {
  const { log } = openForTest({ path: logPath, mode: "readonly" });
  const events = await log.read({ session: "s", types: [jointStatesReceived.type] });
  const batches = events.map(({ payload }) => payload as PayloadOf<typeof jointStatesReceived>);
  return {
    stamps: batches.flatMap(({ sourceTimesUs }) => [...sourceTimesUs]),
    receipts: batches.flatMap(({ receiveTimesUs }) => [...receiveTimesUs]),
  };
}

const expected = Array.from(
  { length: messageCount },
  (_, at) => Number(startNs / 1000n) + at * 1000,
);

/** Reads and decodes every message; any error but a typed one fails the test. */
async function readAnyhow(path: string): Promise<void> {
  const decode = (message: RecordedMessage) => {
    try {
      message.decode();
    } catch (error) {
      if (!isDreamlogError(error, "MESSAGE_INVALID")) throw error;
    }
  };
  try {
    if (path.endsWith(".mcap")) for await (const message of readMcap(path)) decode(message);
    else for (const message of readRosbag2(path)) decode(message);
  } catch (error) {
    if (!isDreamlogError(error, "RECORDING_INVALID")) throw error;
  }
}

describe("importing a recording", () => {
  it("keeps every message of an MCAP file with both of its times", async () => {
    const path = temporaryPath("a.mcap");
    await writeMcap(path);
    const logPath = temporaryPath("log.sqlite");
    const imported = await importFile(path, logPath);
    expect(imported).toMatchObject({
      messages: messageCount + 2,
      rawMessages: 1,
      rejected: 0,
      damage: null,
    });
    const { stamps, receipts } = await stampsIn(logPath);
    expect(stamps).toEqual(expected);
    expect(receipts).toEqual(expected.map((us) => us + 2000));
    const { log } = openForTest({ path: logPath, mode: "readonly" });
    const [note] = await log.read({ session: "s", types: ["hardware.messageReceived"] });
    expect(note!.payload).toMatchObject({ stream: "notes", message: '{"said":"hello"}' });
    const [raw] = await log.read({ session: "s", types: ["hardware.rawMessageReceived"] });
    expect(raw!.payload).toMatchObject({ stream: "other", bytes: { lengthBytes: 3 } });
  });

  it.each(["lz4", "zstd"] as const)("reads chunks compressed by %s", async (compression) => {
    await zstd.isLoaded;
    const path = temporaryPath(`${compression}.mcap`);
    await writeMcap(path, compressors[compression]);
    const logPath = temporaryPath();
    expect(await importFile(path, logPath)).toMatchObject({
      messages: messageCount + 2,
      damage: null,
    });
    expect((await stampsIn(logPath)).stamps).toEqual(expected);
  });

  it("gives the same session from the same file", async () => {
    const path = temporaryPath("a.mcap");
    await writeMcap(path);
    const heads = [];
    for (const name of ["one", "two"]) {
      const logPath = temporaryPath(name);
      await importFile(path, logPath);
      heads.push(await openForTest({ path: logPath, mode: "readonly" }).log.head());
    }
    expect(heads[0]).toBe(heads[1]);
  });

  it("recovers a file that was cut off, up to its last whole chunk", async () => {
    const path = temporaryPath("a.mcap");
    await writeMcap(path);
    truncateSync(path, Math.floor(readFileSync(path).length / 2));
    const logPath = temporaryPath("log.sqlite");
    const imported = await importFile(path, logPath);
    expect(imported.damage).toContain("ends before its footer");
    const { stamps } = await stampsIn(logPath);
    expect(stamps.length).toBeGreaterThan(20);
    expect(stamps).toEqual(expected.slice(0, stamps.length));
  });

  it("recovers a rosbag2 file that was cut off, as far as it goes", async () => {
    const path = temporaryPath("bag_0.db3");
    writeBag(path);
    truncateSync(path, Math.floor(readFileSync(path).length / 2));
    const logPath = temporaryPath("log.sqlite");
    const imported = await importFile(path, logPath);
    expect(imported.damage).toContain("malformed");
    const { stamps } = await stampsIn(logPath);
    expect(stamps.length).toBeGreaterThan(20);
    expect(stamps).toEqual(expected.slice(0, stamps.length));
    const { log } = openForTest({ path: logPath, mode: "readonly" });
    expect((await log.session("s"))!.isClosed).toBe(true);
  });

  it("reads the folder of a rosbag2, part after part, what of them can be read", async () => {
    const folder = temporaryPath("bag");
    mkdirSync(folder);
    // The tenth part comes after the second, and is cut off; the third is none.
    await writeMcap(join(folder, "bag_10.mcap"), undefined, messageCount, 400);
    await writeMcap(join(folder, "bag_2.mcap"));
    writeFileSync(join(folder, "bag_3.mcap"), "nothing of the kind");
    writeFileSync(join(folder, "metadata.yaml"), "");
    const cut = join(folder, "bag_10.mcap");
    truncateSync(cut, readFileSync(cut).length - 200);
    const logPath = temporaryPath("log.sqlite");
    const imported = await importFile(folder, logPath);
    expect(imported.damage).toMatch(
      /bag_3\.mcap: expected an MCAP file.*; bag_10\.mcap: the file ends/,
    );
    const { stamps } = await stampsIn(logPath);
    expect(stamps.slice(0, messageCount)).toEqual(expected);
    expect(stamps[messageCount]).toBe(expected[0]! + 400_000);
  });

  it("says what it looked for in a folder without recordings", async () => {
    const folder = temporaryPath("empty");
    mkdirSync(folder);
    await expect(importFile(folder, temporaryPath("log.sqlite"))).rejects.toThrow(
      /expected the folder of a rosbag2 with \.mcap or \.db3 files, found none/,
    );
  });

  it("goes on where it was interrupted, and ends as one that never was", async () => {
    const path = temporaryPath("a.mcap");
    await writeMcap(path, undefined, 600);
    const [whole, resumed] = [temporaryPath("whole"), temporaryPath("resumed")] as const;
    await importFile(path, whole);
    const interruption = new AbortController();
    const interrupt = () => {
      interruption.abort();
    };
    const cut = importFile(path, resumed, interruption.signal, interrupt);
    await expect(cut).rejects.toMatchObject({ code: "INTERRUPTED" });
    await importFile(path, resumed);
    const heads = [whole, resumed].map((log) => openForTest({ path: log, mode: "readonly" }).log.head()); // prettier-ignore
    expect(await heads[1]).toBe(await heads[0]);
  });

  it("reads a rosbag2 SQLite file, and keeps what it has no definition of", async () => {
    const path = temporaryPath("bag_0.db3");
    writeBag(path);
    const logPath = temporaryPath("log.sqlite");
    expect(await importFile(path, logPath)).toMatchObject({ messages: 201, rawMessages: 1 });
    expect((await stampsIn(logPath)).stamps).toEqual(expected);
  });

  it.each(["a.mcap", "a.db3"])(
    "reads %s up to wherever it was damaged, or refuses it",
    async (name) => {
      const path = temporaryPath(name);
      if (name.endsWith(".mcap")) await writeMcap(path);
      else writeBag(path);
      const whole = readFileSync(path);
      const damaged = fc.record({
        at: fc.nat(whole.length - 1),
        bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }),
        length: fc.oneof(fc.constant(whole.length), fc.nat(whole.length)),
      });
      await fc.assert(
        fc.asyncProperty(damaged, async ({ at, bytes, length }) => {
          const file = Buffer.from(whole);
          file.set(bytes.subarray(0, whole.length - at), at);
          writeFileSync(path, file.subarray(0, length));
          await readAnyhow(path);
        }),
        { numRuns: 60 },
      );
    },
  );

  it.each(["a.mcap", "a.db3"])("refuses %s when it is none", async (name) => {
    const path = temporaryPath(name);
    writeFileSync(path, "nothing of the kind, but long enough to be looked at for a while");
    await expect(importFile(path, temporaryPath("log.sqlite"))).rejects.toMatchObject({
      code: "RECORDING_INVALID",
    });
  });
});
