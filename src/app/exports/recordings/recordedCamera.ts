import { invariant } from "../../../core/errors.ts";
import type { RgbImage } from "../../../core/image.ts";
import type { EncodedFrame, EncodedPictures, EpisodeCamera, PictureFile } from "../../../exchange/robotEpisode.ts"; // prettier-ignore
import { decodeSegment } from "../../../media/decodeSegment.ts";
import { h264FramesOf } from "../../../media/h264Frames.ts";
import type { BlobStore } from "../../../ports/blobStore.ts";
import { decodePicture } from "../../live/livePicture.ts";
import type { FramePlace, ReceivedImage, RecordedSegment } from "./readRecording.ts";

/** Codec of segments by an ffmpeg without libx264, see `encoderProcess.ts`. */
const otherCodec = "mpeg4";

/**
 * What a live camera saw during an episode, loaded and decoded as it is asked for.
 *
 * @param places - the pictures, oldest first; at least one; those of segments without a gap.
 * @param pictureOfRow - indices into `places`.
 * @throws {DreamlogError} what reading and decoding the first picture throws.
 */
export async function recordedCamera(
  blobs: BlobStore,
  name: string,
  places: readonly FramePlace[],
  pictureOfRow: readonly number[],
): Promise<EpisodeCamera> {
  const [first] = places;
  invariant(first !== undefined, "an episode has pictures");
  const shared = { name, pictureOfRow, pictureCount: places.length };
  if (first.kind === "image") {
    const images = places.flatMap((place) => (place.kind === "image" ? [place.image] : []));
    const { widthPx, heightPx } = await loadReceived(blobs, first.image);
    const encoded = { kind: "files", files: () => filesOf(blobs, images) } as const;
    return { ...shared, widthPx, heightPx, encoded, pictures: () => imagesOf(blobs, images) };
  }
  const stretches = stretchesOf(places);
  const { widthPx, heightPx } = first.segment;
  return {
    ...shared,
    widthPx,
    heightPx,
    pictures: () => decodedFrames(blobs, stretches),
    encoded: await encodedVideo(blobs, stretches),
  };
}

/** Neighbouring frames of one segment: `first` to `end`, exclusive. */
interface SegmentStretch {
  readonly segment: RecordedSegment;
  readonly first: number;
  end: number;
}

function stretchesOf(places: readonly FramePlace[]): readonly SegmentStretch[] {
  const stretches: SegmentStretch[] = [];
  for (const place of places) {
    if (place.kind !== "segment") continue;
    const last = stretches.at(-1);
    if (last?.segment === place.segment) last.end = place.index + 1;
    else stretches.push({ segment: place.segment, first: place.index, end: place.index + 1 });
  }
  return stretches;
}

async function encodedVideo(
  blobs: BlobStore,
  stretches: readonly SegmentStretch[],
): Promise<EncodedPictures> {
  const { segment, first: leadCount } = stretches[0]!;
  const isH264 = h264FramesOf(await blobs.get(segment.video.digest)) !== null;
  const codec = isH264 ? "h264" : otherCodec;
  return { kind: "video", codec, leadCount, frames: () => encodedFrames(blobs, stretches) };
}

/** From each segment's key frame on: what a stretch begins with needs the frames before it. */
async function* encodedFrames(
  blobs: BlobStore,
  stretches: readonly SegmentStretch[],
): AsyncGenerator<EncodedFrame> {
  for (const { segment, end } of stretches) {
    const frames = h264FramesOf(await blobs.get(segment.video.digest));
    invariant(frames !== null, "whoever copies video has seen its codec");
    yield* frames.slice(0, end);
  }
}

async function* decodedFrames(
  blobs: BlobStore,
  stretches: readonly SegmentStretch[],
): AsyncGenerator<RgbImage> {
  for (const { segment, first, end } of stretches) {
    const { video, widthPx, heightPx, frameTimesUs } = segment;
    const expected = { widthPx, heightPx, frameCount: frameTimesUs.length };
    const frames = await decodeSegment(await blobs.get(video.digest), expected);
    yield* frames.slice(first, end);
  }
}

async function* filesOf(
  blobs: BlobStore,
  images: readonly ReceivedImage[],
): AsyncGenerator<PictureFile> {
  for (const { bytes } of images) {
    yield { mediaType: bytes.mediaType, bytes: await blobs.get(bytes.digest) };
  }
}

async function* imagesOf(
  blobs: BlobStore,
  images: readonly ReceivedImage[],
): AsyncGenerator<RgbImage> {
  for (const image of images) yield await loadReceived(blobs, image);
}

/** @throws {DreamlogError} `BLOB_MISSING`, `BLOB_CORRUPT`, `IMAGE_INVALID`. */
export async function loadReceived(blobs: BlobStore, image: ReceivedImage): Promise<RgbImage> {
  const { format, widthPx, heightPx, bytes } = image;
  return decodePicture({ format, widthPx, heightPx, bytes: await blobs.get(bytes.digest) });
}
