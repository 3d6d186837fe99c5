import {
  createGeometricJudge,
  shapeDistances,
  type ShapeDistance,
} from "../judging/geometricJudge.ts";
import { createRandomJudge } from "../judging/randomJudge.ts";
import type { Judge } from "../ports/judge.ts";
import { parseSpecText } from "./specText.ts";

/** Names a judge so that it can be built in any thread, and stand in a session's settings. */
export type JudgeSpec =
  | {
      readonly kind: "geometric";
      readonly distance?: ShapeDistance;
      readonly colourWeightM?: number;
    }
  | { readonly kind: "random"; readonly seed: string };

/** The judge of a run that names no other. */
export const defaultJudge: JudgeSpec = { kind: "geometric" };

export const judgeAdapters = {
  geometric: { distance: shapeDistances.join("|"), colourWeightM: "metres" },
  random: { seed: "text" },
} as const;

/** Metres beyond which a colour weight would outweigh the workspace itself. */
const colourWeightMaxM = 1;

/** @throws {DreamlogError} `ARGUMENT_INVALID`. */
export function parseJudgeSpec(text: string): JudgeSpec {
  const spec = parseSpecText("judge", text, judgeAdapters);
  if (spec.kind === "random") return { kind: "random", seed: spec.text("seed") ?? "0" };
  const distance = spec.oneOf("distance", shapeDistances);
  const colourWeightM = spec.number("colourWeightM", { min: 0, max: colourWeightMaxM });
  return {
    kind: "geometric",
    ...(distance === undefined ? {} : { distance }),
    ...(colourWeightM === undefined ? {} : { colourWeightM }),
  };
}

export function createJudge(spec: JudgeSpec): Judge {
  return spec.kind === "random" ? createRandomJudge(spec) : createGeometricJudge(spec);
}
