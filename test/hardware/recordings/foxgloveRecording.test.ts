import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { McapWriter } from "@mcap/core";
import { describe, expect, it } from "vitest";
import { exportMcap } from "../../../src/app/exports/exportMcap.ts";
import { importRecording } from "../../../src/app/live/importRecording.ts";
import { silentProgress } from "../../../src/app/progress.ts";
import { ManualClock } from "../../../src/core/clock.ts";
import type { PayloadOf } from "../../../src/events/eventDefinition.ts";
import {
  imageReceived,
  messageReceived,
  rawMessageReceived,
} from "../../../src/events/hardware.ts";
import { videoSegmentRecorded } from "../../../src/events/video.ts";
import { decodeSegment } from "../../../src/media/decodeSegment.ts";
import { createMemoryLog } from "../../../store/openLog.ts";
import { readVideoIndex } from "../../../streams/videoIndex.ts";
import { recordCell, stampUs, type CellRecording } from "../../exchange/recordedCell.ts";
import { openForTest, temporaryPath } from "../../store/temporaryLog.ts";

const frames = Array.from({ length: 25 }, (_, frame) => frame);

/** The MCAP file that a session of a live cell is exported to, and the log that it came from. */
async function exported(pictures: CellRecording["pictures"]) {
  const open = createMemoryLog({ clock: new ManualClock(0) });
  await recordCell(open, { session: "live", frames, pictures });
  const to = temporaryPath("mcap");
  await exportMcap({
    ...{ log: open.log, blobs: open.blobs, prefix: "", to, progress: silentProgress },
    ...{ uptoPosition: await open.log.lastPosition(), signal: new AbortController().signal },
  });
  return {
    open,
    path: join(
      to,
      readdirSync(to).find((name) => name.endsWith(".mcap"))!,
    ),
  };
}

async function imported(path: string) {
  const logPath = temporaryPath("log.sqlite");
  const result = await importRecording({
    ...{ path, logPath, session: "s", cell: null, signal: new AbortController().signal },
    onProgress: () => undefined,
  });
  return { result, ...openForTest({ path: logPath, mode: "readonly" }) };
}

type Message = { readonly schema: string; readonly content: unknown };

async function writeMessages(messages: readonly Message[]): Promise<string> {
  const chunks: Uint8Array[] = [];
  let position = 0n;
  const write = (bytes: Uint8Array) => {
    chunks.push(bytes.slice());
    position += BigInt(bytes.length);
    return Promise.resolve();
  };
  const writer = new McapWriter({ writable: { position: () => position, write } });
  await writer.start({ profile: "", library: "test" });
  for (const [sequence, { schema, content }] of messages.entries()) {
    const data = Buffer.from("{}");
    const schemaId = await writer.registerSchema({ name: schema, encoding: "jsonschema", data });
    const channel = { schemaId, topic: "/cam", messageEncoding: "json", metadata: new Map() };
    const channelId = await writer.registerChannel(channel);
    const logTime = BigInt(stampUs(sequence)) * 1000n;
    const message = Buffer.from(JSON.stringify(content));
    await writer.addMessage({ channelId, sequence, logTime, publishTime: logTime, data: message });
  }
  await writer.end();
  const path = temporaryPath("a.mcap");
  writeFileSync(path, Buffer.concat(chunks));
  return path;
}

const timestamp = { sec: 1_800_000_000, nsec: 5000 };

describe("an MCAP file under Foxglove's schemas", () => {
  it("gives back the pictures that an export wrote, byte for byte, at their times", async () => {
    const { open, path } = await exported("jpegs");
    const { result, log } = await imported(path);
    expect(result).toMatchObject({ rawMessages: 0, rejected: 0, damage: null });
    const before = await open.log.read({ session: "live", types: [imageReceived.type] });
    const after = await log.read({ session: "s", types: [imageReceived.type] });
    const shown = (events: typeof before) =>
      events.map(({ payload, sourceTimeUs }) => {
        const { bytes, format } = payload as PayloadOf<typeof imageReceived>;
        return { digest: bytes.digest, format, sourceTimeUs };
      });
    expect(shown(after)).toEqual(shown(before));
    // What else the file holds has its own times, too.
    const said = await log.read({ session: "s", types: [messageReceived.type] });
    expect(said.some(({ payload }) => (payload as { stream: string }).stream === "left/joint_states")).toBe(true); // prettier-ignore
    expect(said.every(({ sourceTimeUs }) => sourceTimeUs >= stampUs(0))).toBe(true);
  });

  it("gives back the video, segment by segment, with every frame as it was", async () => {
    const { open, path } = await exported("segments");
    const { result, log, blobs } = await imported(path);
    expect(result).toMatchObject({ rawMessages: 0, rejected: 0 });
    expect(result.streams.find(({ name }) => name === "camera/top/video")!.messages).toBe(25);
    const index = await readVideoIndex(log, { session: "s", camera: "camera/top/video" });
    expect(index.frameCount).toBe(25);
    expect(index.frameAt(stampUs(17))!.timeUs).toBe(stampUs(17));
    const decoded = async (from: typeof open.log, store: typeof blobs, session: string) => {
      const segments = await from.read({ session, types: [videoSegmentRecorded.type] });
      const images = segments.map(async ({ payload }) => {
        const { video, widthPx, heightPx, frameTimesUs } = payload as PayloadOf<typeof videoSegmentRecorded>; // prettier-ignore
        const size = { widthPx, heightPx, frameCount: frameTimesUs.length };
        return decodeSegment(await store.get(video.digest), size);
      });
      return (await Promise.all(images)).flat().map(({ pixels }) => Buffer.from(pixels).toString("base64")); // prettier-ignore
    };
    expect(await decoded(log, blobs, "s")).toEqual(await decoded(open.log, open.blobs, "live"));
    expect((await imported(path)).result.messages).toBe(result.messages);
  });

  it("gives the same session from the same file", async () => {
    const { path } = await exported("segments");
    const heads = [(await imported(path)).log.head(), (await imported(path)).log.head()];
    expect(await heads[0]).toBe(await heads[1]);
  });

  it("keeps as bytes, and says, what is no picture", async () => {
    const image = { timestamp, frame_id: "c", format: "jpeg" };
    const path = await writeMessages([
      { schema: "foxglove.CompressedImage", content: { ...image, data: "AAAA" } },
      { schema: "foxglove.CompressedImage", content: { ...image, format: "webp", data: "/9j/" } },
      { schema: "foxglove.CompressedVideo", content: { ...image, format: "h265", data: "AAAA" } },
      // No key frame before it.
      { schema: "foxglove.CompressedVideo", content: { ...image, format: "h264", data: "AAAB" } },
      // A key frame by its first byte, and nothing behind it.
      { schema: "foxglove.CompressedVideo", content: { ...image, format: "h264", data: "AAAAAWUA" } },
      { schema: "foxglove.CompressedVideo", content: null },
    ]); // prettier-ignore
    const { result, log, blobs } = await imported(path);
    expect(result).toMatchObject({ messages: 6, rawMessages: 6, damage: null });
    expect(result.rejected).toBe(3);
    const raw = await log.read({ session: "s", types: [rawMessageReceived.type] });
    const texts = raw.map(async ({ payload }) =>
      Buffer.from(await blobs.get((payload as PayloadOf<typeof rawMessageReceived>).bytes.digest)).toString(),
    ); // prettier-ignore
    expect((await Promise.all(texts)).some((text) => text.includes("h265"))).toBe(true);
  });
});
