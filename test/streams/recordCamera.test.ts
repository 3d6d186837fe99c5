import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { StoredEvent } from "../../src/events/envelope.ts";
import { recordCamera } from "../../streams/recordCamera.ts";
import { loadFrame, readVideoIndex } from "../../streams/videoIndex.ts";
import { boxed, started, testProducer } from "../store/sampleEvents.ts";
import { temporaryPath, writerForTest } from "../store/temporaryLog.ts";
import { writeHere } from "../store/writeHere.ts";

const format = { widthPx: 64, heightPx: 48, fps: 30, framesPerSegment: 10 };
const frameUs = 33_333;

/** A grey frame whose brightness tells which it is. */
function frame(at: number): Uint8Array {
  return new Uint8Array(format.widthPx * format.heightPx * 3).fill(20 + at * 5);
}

/** A session with one camera over a new log. */
async function session(
  overrides: { readonly maxWaiting?: number; readonly program?: string } = {},
) {
  const writer = await writerForTest({ path: temporaryPath(), startThread: writeHere });
  await writer.log.append([started("a")]);
  const stream = writer.stream({ session: "a", name: "top", policy: "block" });
  const recorder = recordCamera({
    ...format,
    blobs: writer.blobs,
    stream,
    session: "a",
    camera: "top",
    producer: testProducer,
    ...overrides,
  });
  const stored = async () => {
    await stream.flush();
    const events = await writer.log.read({ session: "a" });
    return events.filter(({ type }) => type.startsWith("camera."));
  };
  return { writer, recorder, stored };
}

const frameCounts = (events: readonly StoredEvent[]) =>
  events.map(({ type, payload }) => {
    const { frameTimesUs, frameCount } = payload as Record<string, never> & {
      frameTimesUs?: Float64Array;
      frameCount?: number;
    };
    return [type, frameTimesUs?.length ?? frameCount];
  });

describe("a live camera", () => {
  it("is stored in segments, and any frame is found by its time", async () => {
    const { writer, recorder, stored } = await session();
    for (let at = 0; at < 25; at++) {
      expect(recorder.offer(frame(at), at * frameUs)).toBe(true);
      await sleep(2);
    }
    await recorder.close();

    expect(frameCounts(await stored())).toEqual([
      ["camera.videoSegmentRecorded", 10],
      ["camera.videoSegmentRecorded", 10],
      ["camera.videoSegmentRecorded", 5],
    ]);
    const index = await readVideoIndex(writer.log, { session: "a", camera: "top" });
    expect(index.frameCount).toBe(25);
    expect(index.frameAt(-1)).toBeUndefined();
    for (const at of [0, 9, 10, 17, 24]) {
      const place = index.frameAt(at * frameUs + 20_000)!;
      expect(place.timeUs).toBe(at * frameUs);
      const { pixels } = await loadFrame(writer.blobs, place);
      // The encoder loses a little, and video range has fewer levels.
      expect(Math.abs(pixels[300]! - frame(at)[0]!)).toBeLessThanOrEqual(3);
    }
  });

  it("goes on when its encoder is killed; what was lost is an event", async () => {
    const { writer, recorder, stored } = await session();
    for (let at = 0; at < 45; at++) {
      recorder.offer(frame(at), at * frameUs);
      await sleep(5);
      if (at !== 24) continue;
      // Until the first two segments are out.
      while ((await stored()).length < 2) await sleep(5);
      process.kill(recorder.pid()!, "SIGKILL");
      while (recorder.pid() !== undefined) await sleep(5);
    }
    await writer.log.append([boxed("a", "another source")]);
    await recorder.close();

    expect(frameCounts(await stored())).toEqual([
      ["camera.videoSegmentRecorded", 10],
      ["camera.videoSegmentRecorded", 10],
      ["camera.videoInterrupted", 5],
      ["camera.videoSegmentRecorded", 10],
      ["camera.videoSegmentRecorded", 10],
    ]);
    expect((await stored())[2]!.payload).toMatchObject({
      reason: "encoderDied",
      firstTimeUs: 20 * frameUs,
      lastTimeUs: 24 * frameUs,
      note: "SIGKILL",
    });
    const index = await readVideoIndex(writer.log, { session: "a", camera: "top" });
    expect(index.frameAt(30 * frameUs)!.timeUs).toBe(30 * frameUs);
    expect(index.frameAt(22 * frameUs)!.timeUs).toBe(19 * frameUs);
  });

  it("leaves frames out when the encoder cannot keep up, and tells how many", async () => {
    const { recorder, stored } = await session({ maxWaiting: 3 });
    // Without a turn of the event loop nothing reaches the program.
    const taken = Array.from({ length: 8 }, (_, at) => recorder.offer(frame(at), at * frameUs));
    await recorder.close();

    expect(taken).toEqual([true, true, true, false, false, false, false, false]);
    const events = await stored();
    expect(new Map(frameCounts(events) as [string, number][])).toEqual(
      new Map([
        ["camera.videoSegmentRecorded", 3],
        ["camera.videoInterrupted", 5],
      ]),
    );
  });

  it("gives up on a program that never encodes, and has told of every frame", async () => {
    const { recorder, stored } = await session({ program: "/bin/false" });
    let offered = 0;
    const offerAll = async () => {
      for (;;) {
        recorder.offer(frame(offered % 40), offered * frameUs);
        offered += 1;
        await sleep(10);
      }
    };

    await expect(offerAll()).rejects.toMatchObject({ code: "FFMPEG_FAILED" });
    await expect(recorder.close()).rejects.toMatchObject({ code: "FFMPEG_FAILED" });
    const counts = frameCounts(await stored());
    expect(counts.every(([type]) => type === "camera.videoInterrupted")).toBe(true);
    expect(counts.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(offered);
  });

  it("refuses a frame of another size", async () => {
    const { recorder } = await session();

    expect(() => recorder.offer(new Uint8Array(3), 0)).toThrow(
      expect.objectContaining({ code: "VIDEO_INVALID" }),
    );
    await recorder.close();
  });
});
