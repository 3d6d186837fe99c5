import { workspaceSideM } from "../core/cell.ts";
import { DreamlogError } from "../core/errors.ts";
import { createRgbImage, type RgbImage } from "../core/image.ts";
import type { Producer } from "../events/envelope.ts";
import type { Judge, Verdict } from "../ports/judge.ts";
import { chamferDistancePx, colourDifference, softShapeOf, type SoftShape } from "./softShape.ts";

/** Metres that a complete difference in colour counts for: breaks ties between equal shapes. */
const colourWeightM = 0.005;
/** An object of fewer pixels than this share of the crop is not there. */
const areaShareMin = 0.002;

const producer: Producer = {
  component: "judging.geometricJudge",
  version: 1,
  config: { colourWeightM, areaShareMin },
  model: null,
  fingerprint: null,
};

/**
 * Judge that measures pictures: symmetric Chamfer distance between the object in the dream's last
 * frame and in the goal, plus a little for other colours (a cloth's other side). Metres on the
 * table. Exact on every machine.
 *
 * It rejects with `MASK_EMPTY` when the goal or a dream shows no object.
 */
export function createGeometricJudge(): Judge {
  return {
    producer,
    rank: async ({ goal, dreams }) => {
      const goalShape = shapeOrThrow(goal, "the goal");
      const distances = dreams.map((dream, candidate) => {
        const { widthPx, heightPx, frames } = dream;
        const last = createRgbImage(widthPx, heightPx, frames.at(-1));
        const shape = shapeOrThrow(last, `the last frame of dream ${candidate}`);
        const metresPerPixel = workspaceSideM / shape.sidePx;
        return (
          metresPerPixel * chamferDistancePx(shape, goalShape) +
          colourWeightM * colourDifference(last, goal, [shape, goalShape])
        );
      });
      return Promise.resolve(verdictOf(distances));
    },
  };
}

/** @returns the candidates in order of distance; ties in order of candidate. */
export function verdictOf(distances: readonly number[]): Verdict {
  const ranking = distances.map((_, candidate) => candidate);
  ranking.sort((a, b) => distances[a]! - distances[b]! || a - b);
  const [best, second] = ranking;
  const isTied =
    best !== undefined && second !== undefined && distances[best] === distances[second];
  return { ranking, distances, isTied };
}

function shapeOrThrow(image: RgbImage, what: string): SoftShape {
  const shape = softShapeOf(image);
  const areaMinPx = areaShareMin * image.widthPx * image.heightPx;
  if (shape.areaPx >= areaMinPx) return shape;
  throw new DreamlogError(
    "MASK_EMPTY",
    `expected an object of at least ${areaMinPx} pixels in ${what}, found ${shape.areaPx}; look at the picture: the object may have left the workspace, or the world model may need more training`,
    { what, areaPx: shape.areaPx, areaMinPx },
  );
}
