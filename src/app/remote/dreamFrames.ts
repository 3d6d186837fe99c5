import { cropSidePx } from "../../core/cell.ts";
import { dreamFrameCount } from "../../core/dreamTensors.ts";
import { DreamlogError, isDreamlogError } from "../../core/errors.ts";
import { createRgbImage, type Box, type RgbImage } from "../../core/image.ts";
import { decodeVideoFile } from "../../media/decodeVideoFile.ts";
import { unstackFrames } from "../../media/frameStack.ts";
import { decodeImage } from "../../media/imageFormat.ts";
import { centreSquare } from "../../media/letterbox.ts";
import { cropResize } from "../../media/resample.ts";
import { takeCrop } from "../../perception/objectCrop.ts";
import type { Segmenter } from "../../ports/segmenter.ts";
import type { SentFile } from "../../remote/videoRequest.ts";
import type { FrameSize } from "./videoSpec.ts";

/** When, as parts of a video's length, a dream has its frames: as the cell's camera in bulk collection. */
export const dreamedMoments = [0.5, 0.65, 0.8, 1] as const;

/** Widths may be rounded to what a model can make, so shapes agree within this share. */
const shapeTolerance = 0.05;

/**
 * Decodes what a video model answered: a video of any kind, or a picture of its frames one above the
 * other.
 *
 * @returns exactly `frameCount` frames.
 * @throws {DreamlogError} `VIDEO_INVALID` for anything else, such as a file that was cut off.
 */
export async function decodeAnswer(
  { mediaType, bytes }: SentFile,
  { frameCount, size }: { readonly frameCount: number; readonly size: FrameSize },
): Promise<readonly RgbImage[]> {
  const frames = mediaType.startsWith("image/")
    ? await unstacked(bytes, frameCount)
    : await decodeVideoFile(bytes);
  const { widthPx, heightPx } = frames[0]!;
  const isShaped =
    Math.abs((widthPx * size.heightPx) / (heightPx * size.widthPx) - 1) <= shapeTolerance;
  if (frames.length === frameCount && isShaped) return frames;
  throw new DreamlogError(
    "VIDEO_INVALID",
    `expected ${frameCount} frames of the shape ${size.widthPx}×${size.heightPx}, found ${frames.length} of ${widthPx}×${heightPx}; set frames= and size= to what the server makes`,
    { frameCount: frames.length, widthPx, heightPx },
  );
}

/**
 * @returns the frames of a picture that shows them one above the other.
 * @throws {DreamlogError} `IMAGE_INVALID`.
 */
export async function unstacked(
  bytes: Uint8Array,
  frameCount: number,
): Promise<readonly RgbImage[]> {
  const stack = await decodeImage(bytes);
  const { widthPx, heightPx, frames } = unstackFrames(stack, stack.heightPx / frameCount, 1);
  return frames.map((pixels) => createRgbImage(widthPx, heightPx, pixels));
}

/**
 * The frames of a dream out of those of a video: at the moments at which a dream has them, all of them
 * where the video has no more; their middle square, at the side of a crop.
 */
export function pickFrames(frames: readonly RgbImage[]): readonly RgbImage[] {
  const last = frames.length - 1;
  const picked =
    frames.length === dreamFrameCount
      ? frames
      : dreamedMoments.map((moment) => frames[Math.round(moment * last)]!);
  return picked.map((frame) => cropResize(frame, centreSquare(frame), cropSidePx));
}

/** Pictures are enlarged so far before they are segmented: the segmenter drops what is smaller than specks. */
const magnification = 4;
/** Darkest channel's distance from white from which on a pixel of a crop is the object's. */
const inkMin = 60;

/**
 * The object alone on white: each frame is segmented by what the object looks like in the crop that
 * the dream began with. A frame that shows no object is white.
 *
 * @param crop - object on white.
 */
export async function cutOutObject(
  segmenter: Segmenter,
  crop: RgbImage,
  frames: readonly RgbImage[],
): Promise<readonly RgbImage[]> {
  const { memory } = await segmenter.begin(enlarge(crop), objectBox(crop));
  const cutOut: RgbImage[] = [];
  for (const frame of frames) {
    const large = enlarge(frame);
    const whole = { x: 0, y: 0, width: large.widthPx, height: large.heightPx };
    try {
      const { mask } = await segmenter.propagate(large, memory);
      cutOut.push(takeCrop(large, mask, whole, frame.widthPx));
    } catch (error) {
      if (!isDreamlogError(error, "MASK_EMPTY")) throw error;
      const white = createRgbImage(frame.widthPx, frame.heightPx);
      white.pixels.fill(255);
      cutOut.push(white);
    }
  }
  return cutOut;
}

function enlarge(image: RgbImage): RgbImage {
  const { widthPx: width, heightPx: height } = image;
  return cropResize(image, { x: 0, y: 0, width, height }, width * magnification);
}

/** Round what is not white, in pixels of the enlarged crop, with a little ground about it. */
function objectBox({ widthPx, heightPx, pixels }: RgbImage): Box {
  let [left, top, right, bottom] = [widthPx, heightPx, 0, 0];
  for (let at = 0; at < widthPx * heightPx; at++) {
    const darkest = Math.min(pixels[3 * at]!, pixels[3 * at + 1]!, pixels[3 * at + 2]!);
    if (255 - darkest < inkMin) continue;
    const [x, y] = [at % widthPx, Math.floor(at / widthPx)];
    [left, top] = [Math.min(left, x), Math.min(top, y)];
    [right, bottom] = [Math.max(right, x + 1), Math.max(bottom, y + 1)];
  }
  const [x, y] = [Math.max(0, left - 1), Math.max(0, top - 1)];
  return {
    x: x * magnification,
    y: y * magnification,
    width: (Math.min(widthPx, right + 1) - x) * magnification,
    height: (Math.min(heightPx, bottom + 1) - y) * magnification,
  };
}
