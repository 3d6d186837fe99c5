import type { Box, Mask, RgbImage } from "../core/image.ts";
import type { Producer } from "../events/envelope.ts";

/**
 * Finds the object's pixels in the frames of one camera, starting from one box in the first frame.
 * What it must remember travels in `memory`, so a replay can start at any frame.
 */
export interface Segmenter<Memory = unknown> {
  readonly producer: Producer;
  /** @throws {DreamlogError} `MASK_EMPTY` when nothing inside the box stands out. */
  begin(frame: RgbImage, box: Box): Promise<{ readonly mask: Mask; readonly memory: Memory }>;
  /** @throws {DreamlogError} `MASK_EMPTY` when the object is nowhere to be seen. */
  propagate(
    frame: RgbImage,
    memory: Memory,
  ): Promise<{ readonly mask: Mask; readonly memory: Memory }>;
}
