import { DreamlogError } from "../../core/errors.ts";
import { exactProducer } from "../producers.ts";
import type { SegmenterSpec } from "../segmenterSpec.ts";

/** Boxes of live scenes are drawn by the operator … */
export const operatorProducer = exactProducer("label.operator", 1);
/** … but for later primitives: the object is then where it was last seen. */
export const lastSeenProducer = exactProducer("label.lastSeen", 1);

/**
 * A live session prompts in the first picture, and with a goal in that and in one for each primitive.
 * SAM2 takes for the object what the prompt names, and the workspace, which is the box that nobody drew,
 * is the table.
 *
 * @param drawn - whether the operator drew the box; `goal` is null where there is none to draw it in.
 * @throws {DreamlogError} `ARGUMENT_INVALID` for a segmenter that would be prompted with what says nothing.
 */
export function requirePrompts(
  segmenter: SegmenterSpec,
  drawn: { readonly start: boolean; readonly goal: boolean | null },
): void {
  if (segmenter.kind === "colour" || segmenter.prompting.kind === "grid") return;
  const { points } = segmenter.prompting;
  if (points.length > 0 && drawn.goal !== null) {
    throw new DreamlogError(
      "ARGUMENT_INVALID",
      "expected a prompt that holds for every picture a live session begins with, found points=, which are clicks in one; leave them out and give --start-box and --goal-box, take prompt=grid, or leave --goal out",
      { points: points.length },
    );
  }
  if (segmenter.prompting.kind === "points") return;
  const missing = [
    ...(drawn.start ? [] : ["--start-box"]),
    ...(drawn.goal === false ? ["--goal-box"] : []),
  ];
  if (missing.length === 0) return;
  const pictures = drawn.goal === null ? "in the first picture" : "in the first picture and in the goal's"; // prettier-ignore
  throw new DreamlogError(
    "ARGUMENT_INVALID",
    `expected a box round the object ${pictures} for sam2:, found none by ${missing.join(" and ")}; give X,Y,WIDTH,HEIGHT in pixels, or prompt=grid with sam2:`,
    { missing },
  );
}
