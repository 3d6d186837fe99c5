import { DreamlogError } from "../../core/errors.ts";
import type { Box, PixelPoint } from "../../core/image.ts";
import type { PlaneSize } from "./resizePlane.ts";
import { encoderSidePx } from "./sam2Layouts.ts";

/** A click in a picture: on the object, or on what is not it. */
export interface PointPrompt extends PixelPoint {
  readonly isObject: boolean;
}

/** What the decoder is told of the object, in pixels of the picture. */
export interface MaskPrompt {
  readonly box: Box | null;
  readonly points: readonly PointPrompt[];
}

/** The same as the decoder takes it. */
export interface EncodedPrompt {
  /** Shape [count, 2]: x and y in pixels of the encoder's square. */
  readonly coordinates: Float32Array;
  /** Shape [count]: 1 object, 0 background, 2 and 3 corners of a box (top left, bottom right), −1 none. */
  readonly labels: Float32Array;
}

/** The prompt of a frame that only memory says something of: one point that is none. */
export const noPrompt: EncodedPrompt = {
  coordinates: new Float32Array(2),
  labels: Float32Array.of(-1),
};

/**
 * Box corners first, then points. A box that goes beyond the picture is cut at its border.
 *
 * @throws {DreamlogError} `ARGUMENT_INVALID` for a point or a whole box outside the picture, or when
 *   there is neither.
 */
export function encodePrompt({ box, points }: MaskPrompt, frame: PlaneSize): EncodedPrompt {
  if (box === null && points.length === 0) {
    throw refusal("a box or at least one point", "neither", frame);
  }
  const corners = box === null ? [] : cornersOf(box, frame);
  for (const { x, y } of points) {
    const isInside = x >= 0 && y >= 0 && x <= frame.widthPx - 1 && y <= frame.heightPx - 1;
    if (!isInside) throw refusal("a point in the picture", `(${x}, ${y})`, frame);
  }
  const all = [...corners, ...points];
  const scaleX = encoderSidePx / frame.widthPx;
  const scaleY = encoderSidePx / frame.heightPx;
  return {
    coordinates: Float32Array.from(all.flatMap(({ x, y }) => [x * scaleX, y * scaleY])),
    labels: Float32Array.from([
      ...corners.map((_, at) => 2 + at),
      ...points.map(({ isObject }) => (isObject ? 1 : 0)),
    ]),
  };
}

/** @returns top left and bottom right corner. */
function cornersOf(box: Box, frame: PlaneSize): readonly PixelPoint[] {
  const left = Math.max(0, box.x);
  const top = Math.max(0, box.y);
  const right = Math.min(frame.widthPx, box.x + box.width);
  const bottom = Math.min(frame.heightPx, box.y + box.height);
  if (!(right > left && bottom > top)) {
    throw refusal(
      "a box that covers some of the picture",
      `${box.width}×${box.height} at (${box.x}, ${box.y})`,
      frame,
    );
  }
  return [
    { x: left, y: top },
    { x: right, y: bottom },
  ];
}

function refusal(expected: string, found: string, { widthPx, heightPx }: PlaneSize): DreamlogError {
  return new DreamlogError(
    "ARGUMENT_INVALID",
    `expected ${expected}, found ${found}, in a picture of ${widthPx}×${heightPx} pixels; prompts are in pixels of the camera's frame`,
    { found, widthPx, heightPx },
  );
}
