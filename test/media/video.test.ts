import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import type { RgbVideo } from "../../src/core/image.ts";
import { createRandom } from "../../src/core/random.ts";
import { findFfmpeg } from "../../src/media/findFfmpeg.ts";
import { readMatroska } from "../../src/media/matroska.ts";
import { runFfmpeg } from "../../src/media/runFfmpeg.ts";
import { loadVideos, storeVideos } from "../../src/media/storedVideo.ts";
import { decodeVideos, encodeMp4, encodeVideos } from "../../src/media/video.ts";
import { createMemoryBlobs } from "./memoryBlobs.ts";

/** Noise with a moving bright bar: nothing that a lossy codec would keep. */
function clip(seed: string, frameCount: number, widthPx = 32, heightPx = 24, fps = 3): RgbVideo {
  const random = createRandom(seed);
  const frames = Array.from({ length: frameCount }, (_, frame) =>
    Uint8Array.from({ length: widthPx * heightPx * 3 }, (_, at) =>
      Math.floor(at / 3) % widthPx === frame ? 255 : random.index(200),
    ),
  );
  return { widthPx, heightPx, fps, frames };
}

describe("encodeVideos and decodeVideos", () => {
  it("give every frame of every clip back, sizes, lengths and rates mixed", async () => {
    const clips = [
      clip("a", 8),
      clip("b", 8),
      clip("c", 1),
      clip("d", 5, 17, 9, 29.97),
      clip("e", 8, 32, 24, 30),
    ];
    expect(await decodeVideos(await encodeVideos(clips))).toEqual(clips);
  });

  it("give equal bytes for equal clips, whatever they are encoded with", async () => {
    const [alone] = await encodeVideos([clip("same", 8)]);
    const together = await encodeVideos([clip("other", 8), clip("same", 8)]);
    expect(together[1]).toEqual(alone);
  });

  it("keep time in clips longer than one cluster", async () => {
    const long = clip("long", 70, 4, 4, 1);
    const [file] = await encodeVideos([long]);
    expect(await decodeVideos([file!])).toEqual([long]);
  });

  it("make files that ffmpeg reads as Matroska", async () => {
    const [file] = await encodeVideos([clip("whole", 8)]);
    const parameters = ["-f", "matroska", "-i", "pipe:0", "-pix_fmt", "rgb24"];
    const raw = await runFfmpeg({
      parameters: [...parameters, "-f", "rawvideo", "pipe:1"],
      input: [file!],
    });
    expect(new Uint8Array(raw)).toEqual(
      Uint8Array.from(clip("whole", 8).frames.flatMap((f) => [...f])),
    );
  });

  it("do nothing for no clips", async () => {
    expect(await encodeVideos([])).toEqual([]);
    expect(await decodeVideos([])).toEqual([]);
  });

  it("refuse a clip without frames and frames of a wrong size", async () => {
    await expect(encodeVideos([clip("none", 0)])).rejects.toMatchObject({ code: "VIDEO_INVALID" });
    const wrong = { ...clip("wrong", 2), widthPx: 33 };
    await expect(encodeVideos([wrong])).rejects.toMatchObject({ code: "VIDEO_INVALID" });
  });
});

describe("damaged videos", () => {
  it("are found out wherever a byte of a frame is changed", async () => {
    const [file] = await encodeVideos([clip("damaged", 4)]);
    const { packets } = readMatroska(file!);
    for (const { bytes } of packets) {
      const changed = file!.slice();
      changed[bytes.byteOffset + 7 - file!.byteOffset]! ^= 0x10;
      await expect(decodeVideos([changed])).rejects.toMatchObject({ code: "VIDEO_INVALID" });
    }
  });

  it.each([
    ["truncated", (file: Uint8Array) => file.subarray(0, file.length - 9)],
    ["empty", () => new Uint8Array()],
    ["text", () => new TextEncoder().encode("this is not a video at all")],
    ["zeros", () => new Uint8Array(500)],
  ])("%s: a typed error", async (_, damage) => {
    const [file] = await encodeVideos([clip("damaged", 4)]);
    await expect(decodeVideos([damage(file!)])).rejects.toMatchObject({ code: "VIDEO_INVALID" });
  });
});

describe("stored videos", () => {
  it("come back as they were, and are known by their frames", async () => {
    const blobs = createMemoryBlobs();
    const clips = [clip("one", 8), clip("two", 8)];
    const refs = await storeVideos(blobs, clips);
    expect(refs[0]).toMatchObject({ widthPx: 32, heightPx: 24, frameCount: 8 });
    expect(await loadVideos(blobs, refs)).toEqual(clips);
  });

  it("whose blob holds another clip are found out", async () => {
    const blobs = createMemoryBlobs();
    const [one, two] = await storeVideos(blobs, [clip("one", 8), clip("two", 8)]);
    blobs.stored.set(one!.blob.digest, blobs.stored.get(two!.blob.digest)!);
    await expect(loadVideos(blobs, [one!])).rejects.toMatchObject({ code: "BLOB_CORRUPT" });
  });
});

describe("ffmpeg", () => {
  it("is found in the packages when nothing names it", () => {
    expect(findFfmpeg({ PATH: "" })).toMatch(/ffmpeg/);
  });

  it("named by FFMPEG_BIN but not there: a typed error with the remedy", async () => {
    vi.stubEnv("FFMPEG_BIN", "/nowhere/ffmpeg");
    await expect(encodeVideos([clip("a", 1)])).rejects.toMatchObject({
      code: "FFMPEG_MISSING",
      message: expect.stringMatching(/set FFMPEG_BIN/) as string,
    });
    vi.unstubAllEnvs();
  });

  it("that stops reading or fails is reported with its own words", async () => {
    const input = [new Uint8Array(8 * 1024 * 1024)];
    await expect(
      runFfmpeg({ parameters: ["-f", "matroska", "-i", "pipe:0", "-f", "null", "-"], input }),
    ).rejects.toMatchObject({
      code: "FFMPEG_FAILED",
      message: expect.stringMatching(/Invalid data|EBML/) as string,
    });
  });

  it("that hangs is killed after the time limit", async () => {
    const folder = mkdtempSync(join(tmpdir(), "dreamlog-test-"));
    const program = join(folder, "ffmpeg");
    writeFileSync(program, "#!/bin/sh\nexec sleep 60\n", { mode: 0o755 });
    const hanging = runFfmpeg({ parameters: [], input: [], program, timeoutMs: 100 });
    await expect(hanging).rejects.toMatchObject({
      code: "FFMPEG_FAILED",
      message: expect.stringMatching(/SIGKILL/) as string,
    });
    rmSync(folder, { recursive: true });
  });
});

describe("encodeMp4", () => {
  it("makes an MP4 that decodes to as many frames, odd sizes included", async () => {
    const mp4 = await encodeMp4(clip("mp4", 8, 33, 25));
    expect(new TextDecoder().decode(mp4.subarray(4, 8))).toBe("ftyp");
    const raw = await runFfmpeg({
      parameters: ["-i", "pipe:0", "-pix_fmt", "rgb24", "-f", "rawvideo", "pipe:1"],
      input: [mp4],
    });
    expect(raw).toHaveLength(8 * 34 * 26 * 3);
  });
});
