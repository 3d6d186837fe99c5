import { digestBytes, type Digest } from "../core/digest.ts";
import type { RgbImage, RgbVideo } from "../core/image.ts";
import type { MediaRef } from "../events/media.ts";
import type { BlobStore } from "../ports/blobStore.ts";
import { concatenate } from "./concatenate.ts";
import { decodeImage, encodeImage, type ImageMediaType } from "./imageFormat.ts";
import { createKeptMedia } from "./keptMedia.ts";
import { loadImage, storeImage } from "./storedImage.ts";
import { loadVideos, storeVideos } from "./storedVideo.ts";

/**
 * Pictures and clips by reference. What was put on the shelf or taken from it lately is at hand and
 * not decoded again, nor is what somebody else is waiting for; nobody may write on what a shelf hands
 * out.
 */
export interface MediaShelf {
  /** @throws {DreamlogError} as `loadImage`. */
  loadImage(ref: MediaRef): Promise<RgbImage>;
  /**
   * Those that are not at hand are decoded together.
   *
   * @throws {DreamlogError} as `loadVideos`.
   */
  loadVideos(refs: readonly MediaRef[]): Promise<readonly RgbVideo[]>;
  storeImage(image: RgbImage, mediaType: ImageMediaType): Promise<MediaRef>;
  storeVideos(clips: readonly RgbVideo[]): Promise<readonly MediaRef[]>;
}

/**
 * Samples of pictures kept at hand: four camera frames, or the dreams of some hundred candidates. Few
 * enough that what is dropped is still young to the garbage collector: frames that grow old cost as
 * much to be rid of as a third of their decoding.
 */
const keptImageBytesMax = 6 * 1024 * 1024;
/** Samples of clips: those of ten groups of candidates, which one decoder decoded together. */
const keptClipBytesMax = 32 * 1024 * 1024;

/** Over a blob store. */
export function createMediaShelf(blobs: BlobStore): MediaShelf {
  const images = createKeptMedia<RgbImage>(({ pixels }) => pixels.length, keptImageBytesMax);
  const clips = createKeptMedia<RgbVideo>(videoBytes, keptClipBytesMax);
  const loadImages = async (refs: readonly MediaRef[]) =>
    Promise.all(refs.map((ref) => loadImage(blobs, ref)));
  return {
    loadImage: async (ref) => (await images.getAll([ref], loadImages))[0]!,
    loadVideos: (refs) => clips.getAll(refs, (absent) => loadVideos(blobs, absent)),
    async storeImage(image, mediaType) {
      const ref = await storeImage(blobs, image, mediaType);
      // JPEG gives other pixels back.
      if (mediaType !== "image/jpeg") images.keep(ref, image);
      return ref;
    },
    async storeVideos(made) {
      const refs = await storeVideos(blobs, made);
      refs.forEach((ref, at) => clips.keep(ref, made[at]!));
      return refs;
    },
  };
}

/** What the samples of pictures that nobody encoded are called. */
const rawMediaType = "application/x-rgb24";

/**
 * The same, but what is stored is only named: the reference says what the samples are, as the digest
 * of an event's content needs it, and stands for the raw samples instead of an encoding of them.
 *
 * @param onMade - gets what was stored, by the digest of its samples.
 */
export function createNamingShelf(
  blobs: BlobStore,
  onMade: (decoded: Digest, made: RgbImage | RgbVideo) => void = () => undefined,
): MediaShelf {
  const shelf = createMediaShelf(blobs);
  const name = (samples: Uint8Array, made: RgbImage | RgbVideo, frameCount: number): MediaRef => {
    const decoded = digestBytes(samples);
    onMade(decoded, made);
    return {
      blob: { digest: decoded, mediaType: rawMediaType, lengthBytes: samples.length },
      decoded,
      widthPx: made.widthPx,
      heightPx: made.heightPx,
      frameCount,
    };
  };
  return {
    ...shelf,
    async storeImage(image, mediaType) {
      // What a lossy encoding gives back is what a stored picture would be named by.
      const isLossy = mediaType === "image/jpeg";
      const kept = isLossy ? await decodeImage(await encodeImage(image, mediaType)) : image;
      return name(kept.pixels, kept, 1);
    },
    storeVideos: (made) =>
      Promise.resolve(made.map((clip) => name(concatenate(clip.frames), clip, clip.frames.length))),
  };
}

function videoBytes({ frames }: RgbVideo): number {
  return frames.reduce((sum, frame) => sum + frame.length, 0);
}
