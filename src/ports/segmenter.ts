import type { Box, Mask, RgbImage } from "../core/image.ts";
import type { Producer } from "../events/envelope.ts";

/**
 * Finds the object's pixels in the frames of one camera, starting from one box in the first frame.
 * What it must remember travels in `memory`, so a replay can start at any frame.
 */
export interface Segmenter<Memory = unknown> {
  readonly producer: Producer;
  /**
   * Present where the mask of a frame depends on all frames since the one with the box; else it
   * depends on that one alone.
   */
  readonly isSequential?: true;
  /** @throws {DreamlogError} `MASK_EMPTY` when nothing inside the box stands out. */
  begin(frame: RgbImage, box: Box): Promise<{ readonly mask: Mask; readonly memory: Memory }>;
  /**
   * @throws {DreamlogError} `MASK_EMPTY` when the object is nowhere to be seen; a sequential segmenter,
   *   which must remember that, answers with an empty mask instead.
   */
  propagate(
    frame: RgbImage,
    memory: Memory,
  ): Promise<{ readonly mask: Mask; readonly memory: Memory }>;
}
