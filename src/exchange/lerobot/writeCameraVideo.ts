import type { RgbImage } from "../../core/image.ts";
import type { DatasetFolder } from "../datasetFolder.ts";
import type { EncodedFrame, EpisodeCamera } from "../robotEpisode.ts";
import { copyEpisodeVideo, storedFrames, writeEpisodeVideo, type VideoQuality } from "./episodeVideo.ts"; // prettier-ignore
import { countPixels, createPixelHistogram, type PixelHistogram } from "./featureStats.ts";
import type { VideoEncoding } from "./lerobotInfo.ts";
import { createPixelSampler, type PixelSampler } from "./sampledPixels.ts";

/**
 * Writes what a camera saw as the video of an episode; one that is there already stays, and is only
 * counted.
 *
 * @returns counts of the pixels of its pictures; of a sample of them where nothing else is decoded.
 * @throws {DreamlogError} what `writeEpisodeVideo`, `storedFrames` and `copyEpisodeVideo` throw.
 */
export async function writeCameraVideo(
  folder: DatasetFolder,
  name: string,
  camera: EpisodeCamera,
  options: {
    readonly rateHz: number;
    readonly quality: VideoQuality;
    readonly encoding: VideoEncoding;
  },
): Promise<PixelHistogram> {
  const { rateHz, quality, encoding } = options;
  const isThere = await folder.has(name);
  if (quality === "copy") {
    const sampler = createPixelSampler(camera);
    const frames = watched(storedFrames(camera, encoding), sampler);
    if (isThere) await drain(frames);
    else await copyEpisodeVideo(folder, name, camera, { rateHz, frames });
    return sampler.finish();
  }
  const histogram = createPixelHistogram();
  const onPicture = ({ pixels }: RgbImage) => countPixels(histogram, pixels);
  if (isThere) for await (const picture of camera.pictures()) onPicture(picture);
  else await writeEpisodeVideo(folder, name, camera, { rateHz, quality, onPicture });
  return histogram;
}

async function* watched(
  frames: AsyncIterable<EncodedFrame>,
  sampler: PixelSampler,
): AsyncGenerator<EncodedFrame> {
  for await (const frame of frames) {
    sampler.offer(frame);
    yield frame;
  }
}

async function drain(frames: AsyncGenerator<EncodedFrame>): Promise<void> {
  while ((await frames.next()).done !== true);
}
