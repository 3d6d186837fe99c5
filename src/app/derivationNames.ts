import { DreamlogError } from "../core/errors.ts";
import { armRendered, dreamImagined } from "../events/dreaming.ts";
import { dreamsMeasured, judgeMeasured, methodEvaluated, outcomeScored } from "../events/evaluation.ts"; // prettier-ignore
import type { EventDefinition } from "../events/eventDefinition.ts";
import { judgementFailed, verdictGiven } from "../events/judging.ts";
import { checkpointTrained, preferencesPaired } from "../events/learning.ts";
import {
  cropTaken,
  keypointsSampled,
  maskSegmented,
  observationFailed,
} from "../events/perception.ts";
import { eventDefinitions } from "../events/registry.ts";
import { actionChosen, planProposed, primitiveCompiled, primitiveRefused, promptComposed } from "../events/planning.ts"; // prettier-ignore

/** What people call derived events, in the order of the method. */
const namedDefinitions: Readonly<Record<string, readonly EventDefinition[]>> = {
  mask: [maskSegmented, observationFailed],
  keypoints: [keypointsSampled],
  crop: [cropTaken],
  prompt: [promptComposed],
  plan: [planProposed],
  choice: [actionChosen],
  primitive: [primitiveCompiled, primitiveRefused],
  arm: [armRendered],
  dream: [dreamImagined],
  verdict: [verdictGiven, judgementFailed],
  pairs: [preferencesPaired],
  checkpoint: [checkpointTrained],
  score: [outcomeScored],
  evaluation: [methodEvaluated, judgeMeasured, dreamsMeasured],
};

export const derivationNames = Object.keys(namedDefinitions);

/** Types without a short name go by their own. */
const derivedTypes = new Set(
  eventDefinitions.filter(({ kind }) => kind === "derived").map(({ type }) => type),
);

/**
 * @param text - names, commas between them, such as `mask,plan`; or event types.
 * @returns the event types they stand for.
 * @throws {DreamlogError} `ARGUMENT_INVALID` for an unknown name.
 */
export function typesNamedBy(text: string): readonly string[] {
  return text.split(",").flatMap((name) => {
    const definitions = namedDefinitions[name.trim()];
    if (definitions !== undefined) return definitions.map(({ type }) => type);
    if (derivedTypes.has(name.trim())) return [name.trim()];
    throw new DreamlogError(
      "ARGUMENT_INVALID",
      `expected names of ${derivationNames.join(", ")} or types of derived events, found "${name.trim()}"`,
      { name, known: derivationNames },
    );
  });
}
