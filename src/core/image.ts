import { DreamlogError } from "./errors.ts";

/** 8-bit RGB picture, row-major, shape [heightPx, widthPx, 3]. The owner of `pixels` is the holder. */
export interface RgbImage {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly pixels: Uint8Array;
}

/** Binary picture, row-major, one byte a pixel, 0 or 1. */
export interface Mask {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly bits: Uint8Array;
}

/** Frames of equal size, oldest first. */
export interface RgbVideo {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly fps: number;
  readonly frames: readonly Uint8Array[];
}

/** Axis-aligned rectangle in pixels: [x, x + width) × [y, y + height). */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Point in pixels: x to the right, y down, (0, 0) the centre of the top left pixel. */
export interface PixelPoint {
  readonly x: number;
  readonly y: number;
}

export function createRgbImage(
  widthPx: number,
  heightPx: number,
  pixels: Uint8Array = new Uint8Array(widthPx * heightPx * 3),
): RgbImage {
  if (pixels.length !== widthPx * heightPx * 3) {
    throw new DreamlogError(
      "IMAGE_INVALID",
      `expected ${String(widthPx * heightPx * 3)} bytes for a ${String(widthPx)}×${String(heightPx)} RGB image, found ${String(pixels.length)}`,
      { widthPx, heightPx, lengthBytes: pixels.length },
    );
  }
  return { widthPx, heightPx, pixels };
}

export function createMask(
  widthPx: number,
  heightPx: number,
  bits: Uint8Array = new Uint8Array(widthPx * heightPx),
): Mask {
  if (bits.length !== widthPx * heightPx) {
    throw new DreamlogError(
      "IMAGE_INVALID",
      `expected ${String(widthPx * heightPx)} bytes for a ${String(widthPx)}×${String(heightPx)} mask, found ${String(bits.length)}`,
      { widthPx, heightPx, lengthBytes: bits.length },
    );
  }
  return { widthPx, heightPx, bits };
}
