import type { ImageReading } from "../../../hardware/messages/reading.ts";
import { createRgbImage, type RgbImage } from "../../core/image.ts";
import { decodeImage } from "../../media/imageFormat.ts";
import type { MediaShelf } from "../../media/mediaShelf.ts";
import { digestBytes } from "../../core/digest.ts";
import type { BlobStore } from "../../ports/blobStore.ts";

/** A camera's picture as it came, on its way to another thread. */
export type LivePicture = Pick<ImageReading, "format" | "widthPx" | "heightPx" | "bytes">;

/** A copy that owns its bytes: a message's are a part of a larger buffer. */
export function pictureOf({ format, widthPx, heightPx, bytes }: ImageReading): LivePicture {
  return { format, widthPx, heightPx, bytes: bytes.slice() };
}

/** Which encoded bytes a picture was decoded from. */
const originals = new WeakMap<RgbImage, Uint8Array>();

/** @throws {DreamlogError} `IMAGE_INVALID`. */
export async function decodePicture(picture: LivePicture): Promise<RgbImage> {
  const { format, bytes, widthPx, heightPx } = picture;
  if (widthPx === null || heightPx === null) {
    const image = await decodeImage(bytes);
    if (format === "jpeg") originals.set(image, bytes);
    return image;
  }
  const pixels = new Uint8Array(widthPx * heightPx * 3);
  const channels = bytes.length / (widthPx * heightPx);
  const isSwapped = format === "bgr8";
  for (let at = 0; at < pixels.length; at++) {
    const channel = isSwapped ? 2 - (at % 3) : at % 3;
    const pixel = Math.floor(at / 3);
    pixels[at] = channels === 3 ? bytes[3 * pixel + channel]! : bytes[pixel]!;
  }
  return createRgbImage(widthPx, heightPx, pixels);
}

/** A shelf that stores what a camera encoded as the camera encoded it, bytes that the log has already. */
export function keepingOriginals(shelf: MediaShelf, blobs: BlobStore): MediaShelf {
  return {
    ...shelf,
    async storeImage(image, mediaType) {
      const bytes = mediaType === "image/jpeg" ? originals.get(image) : undefined;
      if (bytes === undefined) return shelf.storeImage(image, mediaType);
      const { widthPx, heightPx, pixels } = image;
      const blob = await blobs.put(bytes, mediaType);
      return { blob, decoded: digestBytes(pixels), widthPx, heightPx, frameCount: 1 };
    },
  };
}
