import { DreamlogError } from "../core/errors.ts";
import { createRgbImage, type RgbImage, type RgbVideo } from "../core/image.ts";

/** @returns the frames one above the other, oldest on top: height = frame count × frame height. */
export function stackFrames(video: RgbVideo): RgbImage {
  const { widthPx, heightPx, frames } = video;
  const stack = createRgbImage(widthPx, heightPx * frames.length);
  frames.forEach((frame, index) => stack.pixels.set(frame, index * frame.length));
  return stack;
}

/**
 * Inverse of `stackFrames`. The frames are views of the stack's pixels.
 *
 * @throws {DreamlogError} `IMAGE_INVALID` when the height is no multiple of the frame's.
 */
export function unstackFrames(stack: RgbImage, frameHeightPx: number, fps: number): RgbVideo {
  const { widthPx, heightPx, pixels } = stack;
  if (heightPx % frameHeightPx !== 0) {
    throw new DreamlogError(
      "IMAGE_INVALID",
      `expected a stack of frames ${frameHeightPx} pixels high, found a picture ${heightPx} high`,
      { heightPx, frameHeightPx },
    );
  }
  const frameBytes = widthPx * frameHeightPx * 3;
  const frames = Array.from({ length: heightPx / frameHeightPx }, (_, index) =>
    pixels.subarray(index * frameBytes, (index + 1) * frameBytes),
  );
  return { widthPx, heightPx: frameHeightPx, fps, frames };
}
