import { DreamlogError } from "../core/errors.ts";
import {
  createGeometricJudge,
  shapeDistances,
  type ShapeDistance,
} from "../judging/geometricJudge.ts";
import { createRandomJudge } from "../judging/randomJudge.ts";
import type { Judge } from "../ports/judge.ts";
import { createHumanJudge, isHumanJudge, type HumanJudgeSpec } from "./humanVerdicts/humanJudge.ts"; // prettier-ignore
import { connectModel, type ConnectOptions } from "./remote/askModel.ts";
import { createRemoteJudge, isRemoteJudge, type RemoteJudge } from "./remote/judgeRemotely.ts";
import { openAiUsage, parseOpenAiSpec, type OpenAiSpec } from "./remote/openAiSpec.ts";
import { parseSpecText, type AdapterTable } from "./specText.ts";

/** Names a judge so that it can be built in any thread, and stand in a session's settings. */
export type JudgeSpec =
  | {
      readonly kind: "geometric";
      readonly distance?: ShapeDistance;
      readonly colourWeightM?: number;
    }
  | { readonly kind: "random"; readonly seed: string }
  | HumanJudgeSpec
  | OpenAiSpec;

/** The judge of a run that names no other. */
export const defaultJudge: JudgeSpec = { kind: "geometric" };

export const judgeAdapters = {
  geometric: { distance: shapeDistances.join("|"), colourWeightM: "metres" },
  random: { seed: "text" },
  human: { rater: "name", answers: "count" },
  openai: openAiUsage,
} as const satisfies AdapterTable<JudgeSpec["kind"]>;

/** Metres beyond which a colour weight would outweigh the workspace itself. */
const colourWeightMaxM = 1;

/** @throws {DreamlogError} `ARGUMENT_INVALID`. */
export function parseJudgeSpec(text: string): JudgeSpec {
  const spec = parseSpecText("judge", text, judgeAdapters);
  if (spec.kind === "openai") return parseOpenAiSpec("judge", text);
  if (spec.kind === "random") return { kind: "random", seed: spec.text("seed") ?? "0" };
  if (spec.kind === "human") {
    const answers = spec.number("answers", { min: 1, max: Number.MAX_SAFE_INTEGER, isWhole: true });
    const rater = spec.required("rater");
    return { kind: "human", rater, ...(answers === undefined ? {} : { answers }) };
  }
  const distance = spec.oneOf("distance", shapeDistances);
  const colourWeightM = spec.number("colourWeightM", { min: 0, max: colourWeightMaxM });
  return {
    kind: "geometric",
    ...(distance === undefined ? {} : { distance }),
    ...(colourWeightM === undefined ? {} : { colourWeightM }),
  };
}

export function createJudge(spec: JudgeSpec, options: ConnectOptions = {}): Judge | RemoteJudge {
  switch (spec.kind) {
    case "random":
      return createRandomJudge(spec);
    case "geometric":
      return createGeometricJudge(spec);
    case "human":
      return createHumanJudge(spec);
    case "openai":
      return createRemoteJudge(connectModel(spec, options));
  }
}

/**
 * A judge that answers at once and for nothing, as an environment asks it after every step.
 *
 * @throws {DreamlogError} `ARGUMENT_INVALID` for one that is asked elsewhere.
 */
export function createEmbeddedJudge(spec: JudgeSpec): Judge {
  const judge = createJudge(spec);
  if (!isRemoteJudge(judge) && !isHumanJudge(judge)) return judge;
  throw new DreamlogError(
    "ARGUMENT_INVALID",
    "expected an embedded judge to measure dreamed steps with, found one that is asked elsewhere; branch from a run with a geometric judge, or in the simulator",
    { component: judge.producer.component },
  );
}
