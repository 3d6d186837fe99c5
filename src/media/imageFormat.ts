import sharp, { type Sharp } from "sharp";
import { DreamlogError } from "../core/errors.ts";
import { createRgbImage, type RgbImage } from "../core/image.ts";
import { decodeQoi, encodeQoi, isQoi } from "./qoi.ts";

export const imageMediaTypes = ["image/jpeg", "image/png", "image/qoi"] as const;
export type ImageMediaType = (typeof imageMediaTypes)[number];

const jpegQuality = 92;

/** Lossy; without chroma subsampling, since thin coloured objects must keep their colour. */
export function encodeJpeg(image: RgbImage): Promise<Uint8Array> {
  return raw(image).jpeg({ quality: jpegQuality, chromaSubsampling: "4:4:4" }).toBuffer();
}

/** Lossless, for people's viewers. */
export function encodePng(image: RgbImage): Promise<Uint8Array> {
  return raw(image).png().toBuffer();
}

export async function encodeImage(image: RgbImage, type: ImageMediaType): Promise<Uint8Array> {
  switch (type) {
    case "image/jpeg":
      return encodeJpeg(image);
    case "image/png":
      return encodePng(image);
    case "image/qoi":
      return encodeQoi(image);
  }
}

/**
 * Decodes JPEG, PNG, QOI and whatever else sharp reads; transparency is dropped.
 *
 * @throws {DreamlogError} `IMAGE_INVALID` for bytes that are no picture, or a truncated or damaged one.
 */
export async function decodeImage(bytes: Uint8Array): Promise<RgbImage> {
  if (isQoi(bytes)) return decodeQoi(bytes);
  try {
    const { data, info } = await sharp(bytes, { failOn: "warning" })
      .toColourspace("srgb")
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    // A view, not a copy: touching fresh memory takes as long as a third of the decoding.
    const pixels = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return createRgbImage(info.width, info.height, pixels);
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    throw new DreamlogError(
      "IMAGE_INVALID",
      `expected a whole JPEG, PNG or QOI picture, found ${bytes.length} bytes of which the decoder says: ${found}`,
      { lengthBytes: bytes.length },
      cause,
    );
  }
}

function raw(image: RgbImage): Sharp {
  const { widthPx: width, heightPx: height, pixels } = image;
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}
