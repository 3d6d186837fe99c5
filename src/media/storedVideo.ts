import { digestBytes } from "../core/digest.ts";
import { DreamlogError } from "../core/errors.ts";
import type { RgbVideo } from "../core/image.ts";
import type { MediaRef } from "../events/media.ts";
import type { BlobStore } from "../ports/blobStore.ts";
import { concatenate } from "./concatenate.ts";
import { decodeVideos, encodeVideos } from "./video.ts";

/**
 * Stores clips without loss, encoded together.
 *
 * @throws {DreamlogError} what `encodeVideos` and the blob store throw.
 */
export async function storeVideos(
  blobs: BlobStore,
  clips: readonly RgbVideo[],
): Promise<MediaRef[]> {
  const files = await encodeVideos(clips);
  const refs: MediaRef[] = [];
  for (const [at, clip] of clips.entries()) {
    refs.push({
      blob: await blobs.put(files[at]!, "video/x-matroska"),
      decoded: digestBytes(concatenate(clip.frames)),
      widthPx: clip.widthPx,
      heightPx: clip.heightPx,
      frameCount: clip.frames.length,
    });
  }
  return refs;
}

/**
 * Loads clips, decoded together.
 *
 * @throws {DreamlogError} `BLOB_MISSING`; `BLOB_CORRUPT` when the bytes are not those stored or
 *   decode to other frames than the reference names; `VIDEO_INVALID`, `FFMPEG_MISSING`.
 */
export async function loadVideos(blobs: BlobStore, refs: readonly MediaRef[]): Promise<RgbVideo[]> {
  const files: Uint8Array[] = [];
  for (const { blob } of refs) files.push(await blobs.get(blob.digest));
  const clips = await decodeVideos(files);
  clips.forEach((clip, at) => checkDecoded(clip, refs[at]!));
  return clips;
}

/** One clip of `loadVideos`; an ffmpeg process for each call, so load many together. */
export async function loadVideo(blobs: BlobStore, ref: MediaRef): Promise<RgbVideo> {
  return (await loadVideos(blobs, [ref]))[0]!;
}

function checkDecoded(clip: RgbVideo, ref: MediaRef): void {
  const found = digestBytes(concatenate(clip.frames));
  if (found === ref.decoded) return;
  throw new DreamlogError(
    "BLOB_CORRUPT",
    `blob ${ref.blob.digest}: expected ${ref.frameCount} frames with digest ${ref.decoded}, found ${clip.frames.length} with ${found}; restore the log from a copy`,
    { digest: ref.blob.digest, expected: ref.decoded, found },
  );
}
