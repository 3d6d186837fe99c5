import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { McapIndexedReader, McapStreamReader } from "@mcap/core";
import { describe, expect, it } from "vitest";
import { exportMcap } from "../../../src/app/exports/exportMcap.ts";
import { silentProgress } from "../../../src/app/progress.ts";
import { ManualClock } from "../../../src/core/clock.ts";
import { digestBytes } from "../../../src/core/digest.ts";
import { cameraFrameCaptured } from "../../../src/events/environment.ts";
import type { MediaRef } from "../../../src/events/media.ts";
import { createMemoryLog, type OpenLog } from "../../../store/openLog.ts";
import { recordSession } from "../../exchange/recordedSession.ts";
import { temporaryPath } from "../../store/temporaryLog.ts";

const session = "collect/rope/0";

async function oneSession() {
  const open = createMemoryLog({ clock: new ManualClock(0) });
  await recordSession(open, { session, stepCount: 12 });
  return requestOf(open);
}

async function requestOf(open: OpenLog) {
  return {
    log: open.log,
    blobs: open.blobs,
    prefix: "",
    uptoPosition: await open.log.lastPosition(),
    to: temporaryPath("mcap"),
    progress: silentProgress,
    signal: new AbortController().signal,
  };
}

function fileOf(root: string): Buffer {
  const folder = join(root, "collect/rope");
  return readFileSync(join(folder, readdirSync(folder)[0]!));
}

function indexed(bytes: Buffer) {
  const readable = {
    size: () => Promise.resolve(BigInt(bytes.length)),
    read: (offset: bigint, size: bigint) =>
      Promise.resolve(new Uint8Array(bytes.subarray(Number(offset), Number(offset + size)))),
  };
  return McapIndexedReader.Initialize({ readable });
}

async function messagesOf(bytes: Buffer) {
  const reader = await indexed(bytes);
  const messages = [];
  for await (const message of reader.readMessages()) {
    const channel = reader.channelsById.get(message.channelId)!;
    const content = JSON.parse(Buffer.from(message.data).toString()) as Record<string, unknown>;
    messages.push({ topic: channel.topic, time: message.logTime, content });
  }
  return { reader, messages };
}

describe("an MCAP export", () => {
  it("has equal bytes for a session whatever else the log came to hold after it", async () => {
    const open = createMemoryLog({ clock: new ManualClock(0) });
    await recordSession(open, { session, stepCount: 3 });
    const before = await requestOf(open);
    await exportMcap(before);
    await recordSession(open, { session: "collect/toy/1", stepCount: 3 });
    const after = await requestOf(open);
    await exportMcap(after);
    expect(fileOf(after.to).equals(fileOf(before.to))).toBe(true);
  });

  it("is whole: magic, checksums, indexes and statistics agree with the messages in it", async () => {
    const request = await oneSession();
    await exportMcap(request);
    const bytes = fileOf(request.to);
    const magic = "894d434150300d0a";
    expect(bytes.subarray(0, 8).toString("hex")).toBe(magic);
    expect(bytes.subarray(-8).toString("hex")).toBe(magic);
    const stream = new McapStreamReader({ validateCrcs: true, includeChunks: true });
    stream.append(bytes);
    let streamed = 0n;
    let newest = 0n;
    for (let record = stream.nextRecord(); record; record = stream.nextRecord()) {
      if (record.type !== "Message") continue;
      streamed += 1n;
      expect(record.logTime).toBeGreaterThanOrEqual(newest);
      newest = record.logTime;
    }
    expect(stream.done()).toBe(true);
    const { reader, messages } = await messagesOf(bytes);
    expect(reader.statistics?.messageCount).toBe(streamed);
    expect(messages).toHaveLength(Number(streamed));
    expect(reader.statistics?.messageEndTime).toBe(newest);
  });

  it("shows the frames of the log byte for byte, at their times", async () => {
    const request = await oneSession();
    await exportMcap(request);
    const { messages } = await messagesOf(fileOf(request.to));
    const shown = messages
      .filter(({ topic }) => topic === "/camera/top/image" || topic === "/camera/top/goal")
      .map(({ time, content }) => ({
        time,
        digest: digestBytes(Buffer.from(content["data"] as string, "base64")),
      }));
    const frames = await request.log.read({ types: [cameraFrameCaptured.type] });
    expect(shown).toEqual(
      frames.map(({ payload, sourceTimeUs }) => ({
        time: BigInt(sourceTimeUs) * 1000n,
        digest: (payload as { image: MediaRef }).image.blob.digest,
      })),
    );
  });

  it("tells every event, and every step of the joints", async () => {
    const request = await oneSession();
    await exportMcap(request);
    const { messages } = await messagesOf(fileOf(request.to));
    const events = await request.log.read({});
    const lines = messages.filter(({ topic }) => topic === "/events");
    expect(lines.map(({ content }) => content["name"]).sort()).toEqual(
      events.map(({ type }) => type).sort(),
    );
    const states = messages.filter(({ topic }) => topic === "/joint_states");
    expect(states).toHaveLength(12);
    expect(states[1]!.time - states[0]!.time).toBe(33_333_000n);
    expect(messages.filter(({ topic }) => topic === "/joint_commands")).toHaveLength(12);
  });

  it("is the same bytes from the same session, and is not written again", async () => {
    const [one, other] = [await oneSession(), await oneSession()];
    await exportMcap(one);
    await exportMcap(other);
    expect(fileOf(one.to).equals(fileOf(other.to))).toBe(true);
    const again = await exportMcap(one);
    expect(again.counts).toEqual({ sessions: 1, messages: 0 });
  });
});
