import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { digestBytes } from "../../../src/core/digest.ts";
import { openDatasetFolder, type DatasetFolder } from "../../../src/exchange/datasetFolder.ts";
import { readVideoFrames } from "../../../src/exchange/lerobot/readVideoFrames.ts";
import { runFfmpeg } from "../../../src/media/runFfmpeg.ts";
import { createFolder } from "../../store/temporaryLog.ts";

const size = { widthPx: 160, heightPx: 90 };
const frameCount = 48;
const fps = 30;
const name = "video.mp4";

const videos = createFolder();
afterAll(videos.remove);
let folder: DatasetFolder;
/** By frame, the digest of its pixels when the video is decoded from its beginning. */
let expected: string[];

/** Video as other programs make it: frames that wait for later ones, key frames far apart. */
beforeAll(async () => {
  folder = openDatasetFolder(videos.path);
  const source = `testsrc2=size=${size.widthPx}x${size.heightPx}:rate=${fps}`;
  const encoder = ["-pix_fmt", "yuv420p", "-c:v", "libx264", "-bf", "3", "-g", "40"];
  await runFfmpeg({
    parameters: ["-f", "lavfi", "-i", source, "-frames:v", `${frameCount}`, ...encoder, join(videos.path, name)], // prettier-ignore
    input: [],
  });
  expected = await digestsOf(0, frameCount);
});

async function digestsOf(firstFrame: number, count: number): Promise<string[]> {
  const stretch = { camera: "top", ...size, name, codec: "h264", firstFrame };
  const digests: string[] = [];
  for await (const { pixels } of readVideoFrames(folder, stretch, { frameCount: count, fps })) {
    digests.push(digestBytes(pixels));
  }
  return digests;
}

it("reads the frames of an episode by their index, wherever in the file it begins", async () => {
  expect(new Set(expected).size).toBe(frameCount);
  for (const first of [0, 1, 2, 17, 39, 40, 41, frameCount - 3]) {
    expect(await digestsOf(first, 3)).toEqual(expected.slice(first, first + 3));
  }
});

it("refuses an episode that goes on after the end of the file", async () => {
  await expect(digestsOf(frameCount - 2, 3)).rejects.toMatchObject({
    code: "DATASET_INVALID",
    message: expect.stringContaining("expected 3 frames, found 2 frames") as string,
  });
});
