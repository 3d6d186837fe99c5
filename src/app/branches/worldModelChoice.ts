import type { EventId } from "../../events/envelope.ts";
import { parseSpecText } from "../specText.ts";

/** The most that the embedded model takes. */
const samplingStepsMax = 10;

/**
 * Names the world model that dreams: the one trained on the run's own trajectories, the committed
 * checkpoint that this training began from, or one that the log holds as `event`.
 */
export type WorldModelChoice = (
  | { readonly kind: "trained" }
  | { readonly kind: "untrained" }
  | { readonly kind: "imported"; readonly event: EventId }
) & {
  /** The run's own when left out. */
  readonly samplingSteps?: number;
};

/** The same before a named file is in the log. */
export type WorldModelSpec = (
  | { readonly kind: "trained" }
  | { readonly kind: "untrained" }
  | { readonly kind: "file"; readonly path: string }
) &
  Pick<WorldModelChoice, "samplingSteps">;

const samplingOption = { samplingSteps: `1..${samplingStepsMax}` };
export const worldModelAdapters = {
  trained: samplingOption,
  untrained: samplingOption,
  file: { path: "an ONNX checkpoint", ...samplingOption },
} as const;

/** @throws {DreamlogError} `ARGUMENT_INVALID`. */
export function parseWorldModelSpec(text: string): WorldModelSpec {
  const spec = parseSpecText("world model", text, worldModelAdapters);
  const range = { min: 1, max: samplingStepsMax, isWhole: true } as const;
  const samplingSteps = spec.number("samplingSteps", range);
  const steps = samplingSteps === undefined ? {} : { samplingSteps };
  return spec.kind === "file"
    ? { kind: "file", path: spec.required("path"), ...steps }
    : { kind: spec.kind, ...steps };
}
