import { digestBytes, type Digest } from "../src/core/digest.ts";
import { DreamlogError } from "../src/core/errors.ts";
import type { RgbImage, RgbVideo } from "../src/core/image.ts";
import type { MediaRef } from "../src/events/media.ts";
import { concatenate } from "../src/media/concatenate.ts";
import { createNamingShelf, type MediaShelf } from "../src/media/mediaShelf.ts";
import type { BlobStore } from "../src/ports/blobStore.ts";
import { mediaNamedIn } from "./contentDifference.ts";
import type { Evidence } from "./tolerance.ts";

/** Pictures and clips that rules made lately and that a difference may ask for. */
const keptCount = 16;

/** Arrays that rules made lately: all of a memory of SAM2, which has some thirty of a megabyte at most. */
const keptArrayCount = 48;

/** A shelf for rules that recompute, and what a verifier asks of pictures and clips. */
export interface MediaChecks extends Evidence {
  /** Stores nothing; see `createNamingShelf`. */
  readonly shelf: MediaShelf;
  /** @throws {DreamlogError} as `loadImage` and `loadVideos`. */
  readonly checkMedia: (payload: unknown) => Promise<void>;
  /**
   * Decodes together the clips that these payloads name, so that what asks for one of them finds it at
   * hand or on its way. Never rejects: a damaged one is found again, and named, where it is checked.
   */
  readonly prepareClips: (payloads: readonly unknown[]) => Promise<void>;
  /** The same for pictures, each decoded on its own, beside this thread. */
  readonly prepareImages: (payloads: readonly unknown[]) => Promise<void>;
  /** For rules that put bytes into a store: says what they would be called, and stores nothing. */
  readonly blobs: BlobStore;
  /** What a reference of the log or of `shelf` stands for. */
  readonly mediaOf: (ref: MediaRef) => Promise<RgbImage | RgbVideo>;
}

export function createMediaChecks(blobs: BlobStore): MediaChecks {
  const made: { readonly decoded: Digest; readonly media: RgbImage | RgbVideo }[] = [];
  const shelf = createNamingShelf(blobs, (decoded, media) => {
    made.push({ decoded, media });
    if (made.length > keptCount) made.shift();
  });
  const stored = async (ref: MediaRef) =>
    isVideo(ref) ? (await shelf.loadVideos([ref]))[0]! : shelf.loadImage(ref);
  const mediaOf = async (ref: MediaRef) =>
    made.findLast(({ decoded }) => decoded === ref.decoded)?.media ?? stored(ref);
  const arrays = new Map<Digest, Uint8Array>();
  const bytesOf = async (digest: Digest) => arrays.get(digest) ?? blobs.get(digest);
  return {
    shelf,
    mediaOf,
    blobs: {
      get: (digest) => blobs.get(digest),
      has: (digest) => blobs.has(digest),
      put(bytes, mediaType) {
        const digest = digestBytes(bytes);
        keepLatest(arrays, digest, bytes);
        return Promise.resolve({ digest, mediaType, lengthBytes: bytes.length });
      },
    },
    async checkMedia(payload) {
      for (const ref of mediaNamedIn(payload)) {
        const media = await stored(ref);
        const isAsNamed =
          media.widthPx === ref.widthPx &&
          media.heightPx === ref.heightPx &&
          (!("frames" in media) || media.frames.length === ref.frameCount);
        if (!isAsNamed) throw wrongSize(ref, media);
      }
    },
    async prepareClips(payloads) {
      const clips = payloads.flatMap(mediaNamedIn).filter(isVideo);
      if (clips.length > 0) await shelf.loadVideos(clips).catch(() => undefined);
    },
    async prepareImages(payloads) {
      const images = payloads.flatMap(mediaNamedIn).filter((ref) => !isVideo(ref));
      await Promise.allSettled(images.map((ref) => shelf.loadImage(ref)));
    },
    async samplesOf({ expected, found }) {
      return [samples(await mediaOf(expected)), samples(await mediaOf(found))];
    },
    async bytesOf({ expected, found }) {
      return [await bytesOf(expected.digest), await bytesOf(found.digest)];
    },
  };
}

function keepLatest(arrays: Map<Digest, Uint8Array>, digest: Digest, bytes: Uint8Array): void {
  arrays.delete(digest);
  arrays.set(digest, bytes);
  const [oldest] = arrays.keys();
  if (arrays.size > keptArrayCount && oldest !== undefined) arrays.delete(oldest);
}

function isVideo({ blob }: MediaRef): boolean {
  return blob.mediaType.startsWith("video/");
}

function samples(media: RgbImage | RgbVideo): Uint8Array {
  return "frames" in media ? concatenate(media.frames) : media.pixels;
}

function wrongSize(ref: MediaRef, found: RgbImage | RgbVideo): DreamlogError {
  return new DreamlogError(
    "BLOB_CORRUPT",
    `blob ${ref.blob.digest}: expected ${ref.widthPx}×${ref.heightPx}, ${ref.frameCount} frames, found ${found.widthPx}×${found.heightPx}; restore the log from a copy`,
    { digest: ref.blob.digest },
  );
}
