import { beforeAll, describe, expect, it } from "vitest";
import { exportMcap } from "../../../src/app/exports/exportMcap.ts";
import { silentProgress } from "../../../src/app/progress.ts";
import { ManualClock } from "../../../src/core/clock.ts";
import { digestBytes } from "../../../src/core/digest.ts";
import { cameraFrameCaptured } from "../../../src/events/environment.ts";
import { imageReceived } from "../../../src/events/hardware.ts";
import { videoSegmentRecorded } from "../../../src/events/video.ts";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeMcapFile } from "../../../src/exchange/mcap/mcapFile.ts";
import { h264FramesOf } from "../../../src/media/h264Frames.ts";
import { createMemoryLog, type OpenLog } from "../../../store/openLog.ts";
import { createFolder, temporaryPath } from "../../store/temporaryLog.ts";
import { recordCell, receiveDelayUs, stampUs } from "../recordedCell.ts";
import { recordSession } from "../recordedSession.ts";
import { examineMcap, type DoctorRule } from "./mcapDoctor.ts";
import { magic, readRecords, writeRecord, type Fields, type McapRecord, type RecordName } from "./mcapRecords.ts"; // prettier-ignore

const frames = Array.from({ length: 35 }, (_, at) => at);

async function exported(record: (open: OpenLog) => Promise<void>) {
  const open = createMemoryLog({ clock: new ManualClock(0) });
  await record(open);
  const { log, blobs } = open;
  const { signal } = new AbortController();
  const to = temporaryPath("mcap");
  const request = { log, blobs, prefix: "", uptoPosition: 99_999, to };
  await exportMcap({ ...request, progress: silentProgress, signal });
  const name = readdirSync(to, { recursive: true, encoding: "utf8" }).find((one) => one.endsWith(".mcap")); // prettier-ignore
  return { open, bytes: readFileSync(join(to, name!)) };
}

const sessions: Readonly<Record<string, (open: OpenLog) => Promise<void>>> = {
  "a simulated session": (open) => recordSession(open, { session: "a", stepCount: 12 }),
  "a live session of pictures": (open) =>
    recordCell(open, { session: "a", frames, pictures: "jpegs", primitives: { move: [5, 9] } }),
  "a live session of video": (open) => recordCell(open, { session: "a", frames, pictures: "segments" }), // prettier-ignore
};

/** The messages of a file by topic, in the order in which they are stored. */
function messagesOf(bytes: Uint8Array) {
  const inner = readRecords(bytes, magic.length, bytes.length - magic.length)
    .filter(({ name }) => name === "Chunk")
    .flatMap(({ fields }) => readRecords(fields["records"] as Uint8Array, 0));
  const topics = new Map(
    inner
      .filter(({ name }) => name === "Channel")
      .map(({ fields }) => [fields["id"], fields["topic"]]),
  );
  return inner
    .filter(({ name }) => name === "Message")
    .map(({ fields }) => ({
      topic: topics.get(fields["channelId"])!,
      logUs: Number((fields["logTime"] as bigint) / 1000n),
      publishUs: Number((fields["publishTime"] as bigint) / 1000n),
      content: JSON.parse(Buffer.from(fields["data"] as Uint8Array).toString()) as Record<string, unknown>, // prettier-ignore
    }));
}

describe("an exported MCAP file", () => {
  it.each(Object.keys(sessions))("of %s breaks no rule of mcap doctor", async (kind) => {
    const { bytes } = await exported(sessions[kind]!);
    expect(examineMcap(bytes)).toEqual([]);
  });

  it("in many chunks breaks none either", async () => {
    const path = temporaryPath("long.mcap");
    async function* messages() {
      for (let at = 0; at < 300; at++) {
        const content = { message: "x".repeat(10_000), line: at };
        yield await Promise.resolve({ topic: `/${at % 7}`, schema: "foxglove.Log" as const, timeUs: at, logTimeUs: at, content }); // prettier-ignore
      }
    }
    await writeMcapFile(path, messages(), {});
    const bytes = readFileSync(path);
    expect(readRecords(bytes, 8, bytes.length - 8).filter(({ name }) => name === "Chunk").length).toBeGreaterThan(2); // prettier-ignore
    expect(examineMcap(bytes)).toEqual([]);
  });

  it("of a session without messages breaks none", async () => {
    const path = temporaryPath("empty.mcap");
    async function* nothing() {}
    await writeMcapFile(path, nothing(), {});
    expect(examineMcap(readFileSync(path))).toEqual([]);
  });

  it("has the frames of video segments, one a message, at their times", async () => {
    const { open, bytes } = await exported(sessions["a live session of video"]!);
    const segments = await open.log.read({ types: [videoSegmentRecorded.type] });
    const stored = [];
    for (const { payload } of segments) {
      const { video } = payload as { video: { digest: never } };
      stored.push(...h264FramesOf(await open.blobs.get(video.digest))!);
    }
    const shown = messagesOf(bytes).filter(({ topic }) => topic === "/camera/top/video");
    expect(shown.map(({ publishUs }) => publishUs)).toEqual(frames.map(stampUs));
    expect(shown.map(({ content }) => digestBytes(Buffer.from(content["data"] as string, "base64")))).toEqual(stored.map(({ bytes: frame }) => digestBytes(frame))); // prettier-ignore
    const [first] = shown;
    expect(first!.content).toMatchObject({ format: "h264", frame_id: "top" });
    expect(first!.content["timestamp"]).toEqual({
      sec: Math.floor(stampUs(0) / 1e6),
      nsec: (stampUs(0) % 1e6) * 1000,
    });
  });

  it("has a live camera's very pictures, at the times they were taken and received", async () => {
    const { open, bytes } = await exported(sessions["a live session of pictures"]!);
    const events = await open.log.read({ types: [imageReceived.type] });
    const shown = messagesOf(bytes).filter(({ topic }) => topic === "/camera/top/image");
    expect(
      shown.map(({ content, logUs, publishUs }) => ({
        digest: digestBytes(Buffer.from(content["data"] as string, "base64")),
        logUs,
        publishUs,
      })),
    ).toEqual(
      // prettier-ignore
      events.map(({ payload }, frame) => ({
        digest: (payload as { bytes: { digest: string } }).bytes.digest,
        logUs: stampUs(frame) + receiveDelayUs,
        publishUs: stampUs(frame),
      })),
    );
    const states = messagesOf(bytes).filter(({ topic }) => topic === "/left/joint_states");
    expect(states).toHaveLength(350);
    expect(states[0]!.content["name"]).toHaveLength(7);
    expect(messagesOf(bytes).filter(({ topic }) => topic === "/left/joint_commands")).toHaveLength(
      5,
    );
    expect(messagesOf(bytes).filter(({ topic }) => topic === "/left/gripper")).toHaveLength(1);
  });

  it("shows the frames of a simulated session, too", async () => {
    const { open, bytes } = await exported(sessions["a simulated session"]!);
    const shown = messagesOf(bytes).filter(({ topic }) => /^\/camera\/top\/(image|goal)$/.test(topic as string)); // prettier-ignore
    expect(shown).toHaveLength((await open.log.read({ types: [cameraFrameCaptured.type] })).length);
  });
});

type Draft = { name: RecordName; fields: Fields };
type Damage = (records: Draft[]) => Draft[];

/** The file with its records changed; what points to them, or sums them up, is not. */
function damaged(bytes: Uint8Array, damage: Damage): Buffer {
  const drafts = readRecords(bytes, magic.length, bytes.length - magic.length).map(draftOf);
  return Buffer.concat([magic, ...damage(drafts).map(({ name, fields }) => writeRecord(name, fields)), magic]); // prettier-ignore
}

const draftOf = ({ name, fields }: McapRecord): Draft => ({ name: name!, fields });

/** Changes the first record of a name. */
const edit =
  (name: RecordName, change: Fields | ((fields: Fields) => Fields)): Damage =>
  (records) => {
    const at = records.findIndex((record) => record.name === name);
    const { fields } = records[at]!;
    const changed = { ...fields, ...(typeof change === "function" ? change(fields) : change) };
    return records.with(at, { name, fields: changed });
  };
const remove =
  (name: RecordName): Damage =>
  (records) =>
    records.toSpliced(
      records.findIndex((record) => record.name === name),
      1,
    );
const repeat =
  (name: RecordName): Damage =>
  (records) => {
    const at = records.findIndex((record) => record.name === name);
    return records.toSpliced(at, 0, records[at]!);
  };
/** Changes the records in the first chunk, and its size with them. */
const inChunk = (damage: Damage): Damage =>
  edit("Chunk", (chunk) => {
    const inner = readRecords(chunk["records"] as Uint8Array, 0).map(draftOf);
    const records = Buffer.concat(
      damage(inner).map(({ name, fields }) => writeRecord(name, fields)),
    );
    return { records, uncompressedSize: BigInt(records.length) };
  });
/** Removes the summary's records of a name. */
const fromSummary =
  (name: RecordName): Damage =>
  (records) => {
    const end = records.findIndex((record) => record.name === "DataEnd");
    return records.filter((record, at) => at < end || record.name !== name);
  };
/** Changes the first record of a name in the summary. */
const editInSummary =
  (name: RecordName, change: Fields): Damage =>
  (records) => {
    const end = records.findIndex((record) => record.name === "DataEnd");
    return [...records.slice(0, end), ...edit(name, change)(records.slice(end))];
  };
const plus = (name: string, by = 1n) => (fields: Fields) => ({ [name]: (fields[name] as bigint) + by }); // prettier-ignore
const attachment: Draft = { name: "Attachment", fields: { logTime: 0n, createTime: 0n, name: "a", mediaType: "", data: new Uint8Array(), crc: 0 } }; // prettier-ignore

const damages: Readonly<Record<DoctorRule, Damage | ((bytes: Buffer) => Buffer)>> = {
  attachmentIndex: (records: Draft[]) => records.toSpliced(2, 0, attachment),
  channelConflict: editInSummary("Channel", { topic: "/other" }),
  channelDuplicate: inChunk(repeat("Channel")),
  channelOfSummaryUnknown: editInSummary("Channel", { id: 999 }),
  channelSchemaUnknown: inChunk(edit("Channel", { schemaId: 999 })),
  chunkCompression: edit("Chunk", { compression: "bz2" }),
  chunkCrc: edit("Chunk", { uncompressedCrc: 1 }),
  chunkIndexChunk: edit("ChunkIndex", plus("chunkStartOffset")),
  chunkIndexDuplicate: repeat("ChunkIndex"),
  chunkIndexFields: edit("ChunkIndex", plus("chunkLength")),
  chunkIndexMessageIndexes: edit("ChunkIndex", plus("messageIndexLength")),
  chunkIndexMissing: remove("ChunkIndex"),
  chunkIndexSummary: fromSummary("Channel"),
  chunkRecord: inChunk((records) => [
    ...records,
    { name: "DataEnd", fields: { dataSectionCrc: 0 } },
  ]),
  chunkSize: edit("Chunk", plus("uncompressedSize")),
  chunkTimes: edit("Chunk", plus("messageEndTime")),
  dataEndMissing: remove("DataEnd"),
  dataSectionCrc: edit("DataEnd", { dataSectionCrc: 1 }),
  footerMissing: remove("Footer"),
  headerLibrary: edit("Header", { library: "" }),
  headerProfile: edit("Header", { profile: "x-robot" }),
  magic: (bytes: Buffer) => Buffer.concat([bytes.subarray(0, -1), Buffer.of(0)]),
  messageChannelUnknown: inChunk(edit("Message", { channelId: 999 })),
  messageIndexDuplicate: repeat("MessageIndex"),
  messageIndexEntry: inChunk(edit("Message", plus("logTime"))),
  messageIndexMissing: remove("MessageIndex"),
  messageIndexWithoutChunk: (records: Draft[]) => {
    const index = records.find(({ name }) => name === "MessageIndex")!;
    return records.toSpliced(1, 0, index);
  },
  messageOrder: inChunk(edit("Message", plus("logTime", 10n ** 15n))),
  messageOutsideChunk: (records: Draft[]) => {
    const fields = { channelId: 0, sequence: 0, logTime: 0n, publishTime: 0n, data: new Uint8Array() }; // prettier-ignore
    return records.toSpliced(2, 0, { name: "Message", fields });
  },
  metadataIndex: edit("MetadataIndex", plus("offset")),
  recordUnknown: (bytes: Buffer) => Buffer.concat([bytes.subarray(0, 8), Buffer.of(0x7f, 0, 0, 0, 0, 0, 0, 0, 0), bytes.subarray(8)]), // prettier-ignore
  recordUnreadable: (bytes: Buffer) => bytes.subarray(0, bytes.length - 20),
  schemaConflict: editInSummary("Schema", { name: "other" }),
  schemaDuplicate: inChunk(repeat("Schema")),
  schemaEncoding: inChunk(edit("Schema", { encoding: "" })),
  schemaIdZero: inChunk(edit("Schema", { id: 0 })),
  schemaOfSummaryUnknown: editInSummary("Schema", { id: 999 }),
  statisticsChannels: (records: Draft[]) => {
    const statistics = records.find(({ name }) => name === "Statistics")!;
    const end = records.findIndex(({ name }) => name === "DataEnd");
    return records.filter((record) => record !== statistics).toSpliced(end + 1, 0, statistics);
  },
  statisticsCounts: edit("Statistics", plus("messageCount")),
  statisticsDuplicate: repeat("Statistics"),
  statisticsTimes: edit("Statistics", plus("messageStartTime")),
  summaryCrc: edit("Footer", { summaryCrc: 1 }),
  summaryOffset: edit("SummaryOffset", plus("groupLength")),
  summaryStart: edit("Footer", plus("summaryStart")),
};

describe("a rule of mcap doctor", () => {
  let sound: Buffer;
  beforeAll(async () => {
    const folder = createFolder();
    const path = join(folder.path, "sound.mcap");
    async function* messages() {
      for (let at = 0; at < 20; at++) {
        const times = { timeUs: at + 1, logTimeUs: at + 1 };
        yield await Promise.resolve({ topic: "/a", schema: "foxglove.Log" as const, ...times, content: {} }); // prettier-ignore
      }
    }
    await writeMcapFile(path, messages(), {});
    sound = readFileSync(path);
    folder.remove();
    expect(examineMcap(sound)).toEqual([]);
  });

  it("is kept by a file that was taken apart and put together again", () => {
    expect(damaged(sound, (records) => records).equals(sound)).toBe(true);
  });

  it.each(Object.keys(damages) as DoctorRule[])("%s is broken by a damaged file", (rule) => {
    const damage = damages[rule];
    const isOfBytes = ["magic", "recordUnknown", "recordUnreadable"].includes(rule);
    const bytes = isOfBytes
      ? (damage as (bytes: Buffer) => Buffer)(sound)
      : damaged(sound, damage as Damage);
    expect(examineMcap(bytes)).toContain(rule);
  });
});
