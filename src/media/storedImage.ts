import { digestBytes } from "../core/digest.ts";
import { DreamlogError } from "../core/errors.ts";
import type { RgbImage } from "../core/image.ts";
import type { MediaRef } from "../events/media.ts";
import type { BlobStore } from "../ports/blobStore.ts";
import { decodeImage, encodeImage, type ImageMediaType } from "./imageFormat.ts";

/**
 * Stores a picture. JPEG loses detail, so the reference names the pixels that decoding gives back,
 * and whoever derives something from the picture loads it again first.
 *
 * @throws {DreamlogError} what the blob store throws.
 */
export async function storeImage(
  blobs: BlobStore,
  image: RgbImage,
  mediaType: ImageMediaType,
): Promise<MediaRef> {
  const bytes = await encodeImage(image, mediaType);
  const decoded = mediaType === "image/jpeg" ? await decodeImage(bytes) : image;
  return {
    blob: await blobs.put(bytes, mediaType),
    decoded: digestBytes(decoded.pixels),
    widthPx: image.widthPx,
    heightPx: image.heightPx,
    frameCount: 1,
  };
}

/**
 * @throws {DreamlogError} `BLOB_MISSING`, `BLOB_CORRUPT` (bytes are not those stored, or decode to
 *   other pixels than the reference names), `IMAGE_INVALID` (bytes are no picture).
 */
export async function loadImage(blobs: BlobStore, ref: MediaRef): Promise<RgbImage> {
  const image = await decodeImage(await blobs.get(ref.blob.digest));
  const found = digestBytes(image.pixels);
  if (found === ref.decoded && image.widthPx === ref.widthPx && image.heightPx === ref.heightPx) {
    return image;
  }
  throw new DreamlogError(
    "BLOB_CORRUPT",
    `blob ${ref.blob.digest}: expected a picture of ${ref.widthPx}×${ref.heightPx} with pixels ${ref.decoded}, found ${image.widthPx}×${image.heightPx} with ${found}; restore the log from a copy`,
    { digest: ref.blob.digest, expected: ref.decoded, found },
  );
}
