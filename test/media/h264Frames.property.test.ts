import { fc, test } from "@fast-check/vitest";
import { beforeAll, describe, expect, it } from "vitest";
import { isDreamlogError } from "../../src/core/errors.ts";
import { createRgbImage } from "../../src/core/image.ts";
import { decodeSegment } from "../../src/media/decodeSegment.ts";
import { h264FramesOf } from "../../src/media/h264Frames.ts";
import { createLiveEncoder } from "../../src/media/liveEncoder.ts";
import { runFfmpeg } from "../../src/media/runFfmpeg.ts";
import { decodeVideoFrame } from "../../src/media/videoFrame.ts";

/** An odd width and height, which H.264 does not have: the encoder pads them. */
const size = { widthPx: 65, heightPx: 37 };
const frameCount = 12;

function frame(at: number): Uint8Array {
  const pixels = new Uint8Array(3 * size.widthPx * size.heightPx);
  return pixels.map((_, byte) => (byte * (at + 3)) % 251);
}

/** One segment of the frames. */
async function segment(): Promise<Uint8Array> {
  const files: Uint8Array[] = [];
  const encoder = createLiveEncoder({
    ...{ ...size, fps: 30, framesPerSegment: frameCount },
    onSegment: ({ bytes }) => Promise.resolve(void files.push(bytes)),
    onGap: () => Promise.reject(new Error("no frame is left out")),
  });
  for (let at = 0; at < frameCount; at++) encoder.offer(frame(at), at);
  await encoder.close();
  return files[0]!;
}

let file: Uint8Array;
beforeAll(async () => {
  file = await segment();
});

/** Types of the units of a frame in Annex B. */
function unitTypes(bytes: Uint8Array): number[] {
  const text = Buffer.from(bytes).toString("latin1");
  const units = text.split("\0\0\0\x01").slice(1);
  return units.map((unit) => unit.charCodeAt(0) & 0x1f);
}

describe("the frames of a video segment", () => {
  it("are one access unit each; a key frame has its parameter sets in front", () => {
    const frames = h264FramesOf(file)!;
    expect(frames).toHaveLength(frameCount);
    expect(frames.map(({ isKey }) => isKey)).toEqual(frames.map((_, at) => at === 0));
    expect(unitTypes(frames[0]!.bytes).slice(0, 2)).toEqual([7, 8]);
    for (const { bytes } of frames.slice(1)) expect(unitTypes(bytes)).toEqual([1]);
  });

  it("decode to what the segment decodes to", async () => {
    const stream = h264FramesOf(file)!.map(({ bytes }) => bytes);
    const raw = await runFfmpeg({
      parameters: ["-f", "h264", "-i", "pipe:0", "-vf", `format=rgb24,crop=${size.widthPx}:${size.heightPx}:0:0`, "-f", "rawvideo", "pipe:1"], // prettier-ignore
      input: stream,
    });
    const frames = await decodeSegment(file, { ...size, frameCount });
    expect(frames).toHaveLength(frameCount);
    expect(Buffer.concat(frames.map(({ pixels }) => pixels)).equals(raw)).toBe(true);
    expect(frames[0]).toEqual(createRgbImage(size.widthPx, size.heightPx, frames[0]!.pixels));
  });

  it("are the same taken one at a time, also of an odd width and height", async () => {
    const frames = await decodeSegment(file, { ...size, frameCount });
    for (const index of [0, 1, frameCount - 1]) {
      const one = await decodeVideoFrame(file, { ...size, index });
      expect(Buffer.compare(one.pixels, frames[index]!.pixels)).toBe(0);
    }
  });

  it("that another encoder made are not taken for H.264", async () => {
    const other = await runFfmpeg({
      parameters: ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "64x36", "-i", "pipe:0", "-c:v", "mpeg4", "-movflags", "+frag_keyframe+empty_moov+default_base_moof", "-f", "mp4", "pipe:1"], // prettier-ignore
      input: [new Uint8Array(3 * 64 * 36)],
    });
    expect(h264FramesOf(other)).toBeNull();
  });

  test.prop([fc.nat(100_000), fc.nat(255), fc.boolean()])(
    "of a damaged file are frames or one typed error",
    (at, value, isCut) => {
      const damaged = isCut ? file.slice(0, at % file.length) : file.slice();
      if (!isCut) damaged[at % 1200] = value;
      try {
        h264FramesOf(damaged);
      } catch (error) {
        if (!isDreamlogError(error, "VIDEO_INVALID")) throw error;
      }
    },
  );

  it("are not given where the segment holds fewer than were recorded", async () => {
    await expect(
      decodeSegment(file, { ...size, frameCount: frameCount + 1 }),
    ).rejects.toMatchObject({ code: "VIDEO_INVALID" });
  });
});
