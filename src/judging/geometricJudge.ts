import { workspaceSideM } from "../core/cell.ts";
import { DreamlogError } from "../core/errors.ts";
import { createRgbImage, type RgbImage } from "../core/image.ts";
import type { Producer } from "../events/envelope.ts";
import type { Judge, Verdict } from "../ports/judge.ts";
import { createFieldRoom, type FieldRoom } from "./distanceField.ts";
import {
  centroidDistancePx,
  chamferDistancePx,
  colourDifference,
  modifiedHausdorffDistancePx,
  softShapeOf,
  type SoftShape,
} from "./softShape.ts";

/** Breaks ties between equal shapes. */
const defaultColourWeightM = 0.005;
/** An object of fewer pixels than this share of the crop is not there. */
const areaShareMin = 0.002;

/** How far apart two shapes are, pixels; what each is blind to stands where it is computed. */
const distancesPx = {
  chamfer: chamferDistancePx,
  hausdorff: modifiedHausdorffDistancePx,
  centroid: centroidDistancePx,
} as const;
export type ShapeDistance = keyof typeof distancesPx;
export const shapeDistances = Object.keys(distancesPx) as ShapeDistance[];

export interface GeometricJudgeOptions {
  /** Default `chamfer`. */
  readonly distance?: ShapeDistance;
  /** Metres that a complete difference in colour counts for, ≥ 0. Default 0.005. */
  readonly colourWeightM?: number;
}

/**
 * Judge that measures pictures: distance between the object in the dream's last frame and in the
 * goal, plus a little for other colours (a cloth's other side). Metres on the table. Exact on every
 * machine.
 *
 * It rejects with `MASK_EMPTY` when the goal or a dream shows no object.
 */
export function createGeometricJudge(options: GeometricJudgeOptions = {}): Judge {
  const { distance = "chamfer", colourWeightM = defaultColourWeightM } = options;
  return {
    producer: producerOf(distance, colourWeightM),
    rank: async ({ goal, dreams }) => {
      // One for all: what each shape took anew, the garbage collector was busy with.
      const room = createFieldRoom(goal.widthPx);
      const goalShape = shapeOrThrow(goal, "the goal", room);
      const distances = dreams.map((dream, candidate) => {
        const { widthPx, heightPx, frames } = dream;
        const last = createRgbImage(widthPx, heightPx, frames.at(-1));
        const shape = shapeOrThrow(last, `the last frame of dream ${candidate}`, room);
        const metresPerPixel = workspaceSideM / shape.sidePx;
        return (
          metresPerPixel * distancesPx[distance](shape, goalShape) +
          colourWeightM * colourDifference(last, goal, [shape, goalShape])
        );
      });
      return Promise.resolve(verdictOf(distances));
    },
  };
}

function producerOf(distance: ShapeDistance, colourWeightM: number): Producer {
  // The first judge had one distance and did not name it; its verdicts keep their keys.
  const named = distance === "chamfer" ? {} : { distance };
  return {
    component: "judging.geometricJudge",
    version: 1,
    config: { ...named, colourWeightM, areaShareMin },
    model: null,
    fingerprint: null,
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

function shapeOrThrow(image: RgbImage, what: string, room: FieldRoom): SoftShape {
  const shape = softShapeOf(image, room);
  const areaMinPx = areaShareMin * image.widthPx * image.heightPx;
  if (shape.areaPx >= areaMinPx) return shape;
  throw new DreamlogError(
    "MASK_EMPTY",
    `expected an object of at least ${areaMinPx} pixels in ${what}, found ${shape.areaPx}; look at the picture: the object may have left the workspace, or the world model may need more training`,
    { what, areaPx: shape.areaPx, areaMinPx },
  );
}
