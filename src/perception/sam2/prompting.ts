import { DreamlogError } from "../../core/errors.ts";
import type { Box, Mask, PixelPoint } from "../../core/image.ts";
import { maskOfLogits, stabilityOf, type MaskCandidate } from "./maskLogits.ts";
import type { MaskPrompt, PointPrompt } from "./maskPrompt.ts";
import type { PlaneSize } from "./resizePlane.ts";

/**
 * How the box that a session labels becomes a prompt.
 *
 * - `box`: it is the prompt, with further clicks if there are any.
 * - `points`: the clicks alone; the box says nothing.
 * - `grid`: nobody clicked. Points of a grid over the box are tried one by one, and the surest mask
 *   that stays within the box is the object: for a box that is a whole table.
 */
export type Prompting =
  | { readonly kind: "box"; readonly points: readonly PointPrompt[] }
  | { readonly kind: "points"; readonly points: readonly PointPrompt[] }
  | { readonly kind: "grid"; readonly pointsPerSide: number };

/** Least predicted fit and least stability of a mask that counts, as SAM2's mask generator has them. */
const predictedIouMin = 0.8;
const stabilityMin = 0.95;
/** Least share of a mask that lies within the box; table and arms reach beyond it. */
const insideShareMin = 0.9;

/**
 * @param decode - candidates for a prompt in the frame.
 * @throws {DreamlogError} `MASK_EMPTY` when no point of a grid finds an object; `ARGUMENT_INVALID` for a
 *   prompt outside the frame.
 */
export async function choosePrompt(
  prompting: Prompting,
  frame: PlaneSize,
  box: Box,
  decode: (prompt: MaskPrompt) => Promise<readonly MaskCandidate[]>,
): Promise<MaskPrompt> {
  if (prompting.kind === "box") return { box, points: prompting.points };
  if (prompting.kind === "points") return { box: null, points: prompting.points };
  let best: { readonly point: PixelPoint; readonly score: number } | undefined;
  for (const point of gridOver(box, frame, prompting.pointsPerSide)) {
    const candidates = await decode({ box: null, points: [{ ...point, isObject: true }] });
    for (const candidate of candidates) {
      const score = scoreOf(candidate, frame, box);
      if (score > (best?.score ?? 0)) best = { point, score };
    }
  }
  if (best !== undefined) return { box: null, points: [{ ...best.point, isObject: true }] };
  throw new DreamlogError(
    "MASK_EMPTY",
    `expected an object within the box of ${box.width}×${box.height} pixels, found that none of ${prompting.pointsPerSide}×${prompting.pointsPerSide} points begins a sure mask (predicted IoU ${predictedIouMin}, stability ${stabilityMin}) that stays in it; draw a box round the object, or give points=`,
    { box, pointsPerSide: prompting.pointsPerSide },
  );
}

/** @returns 0 for a candidate that does not count. */
function scoreOf(candidate: MaskCandidate, frame: PlaneSize, box: Box): number {
  const { logits, predictedIou } = candidate;
  const stability = stabilityOf(logits);
  if (predictedIou < predictedIouMin || stability < stabilityMin) return 0;
  const mask = maskOfLogits(logits, frame);
  return shareInside(mask, box) < insideShareMin ? 0 : predictedIou * stability;
}

function shareInside(mask: Mask, box: Box): number {
  let inside = 0;
  let all = 0;
  for (let at = 0; at < mask.bits.length; at++) {
    if (mask.bits[at] === 0) continue;
    const x = at % mask.widthPx;
    const y = Math.floor(at / mask.widthPx);
    all++;
    if (x >= box.x && x < box.x + box.width && y >= box.y && y < box.y + box.height) inside++;
  }
  return all === 0 ? 0 : inside / all;
}

/** Centres of equal parts of the box, row by row; those outside the frame are left out. */
function gridOver(box: Box, frame: PlaneSize, pointsPerSide: number): readonly PixelPoint[] {
  const along = (start: number, length: number) =>
    Array.from({ length: pointsPerSide }, (_, at) => start + ((at + 0.5) * length) / pointsPerSide);
  return along(box.y, box.height)
    .flatMap((y) => along(box.x, box.width).map((x) => ({ x, y })))
    .filter(({ x, y }) => x >= 0 && y >= 0 && x <= frame.widthPx - 1 && y <= frame.heightPx - 1);
}
