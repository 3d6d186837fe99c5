import type { EventId } from "../../events/envelope.ts";
import { parseVideoSpec, videoUsages, type VideoSpec } from "../remote/videoSpec.ts";
import { parseSpecText, type AdapterTable } from "../specText.ts";

/** The most that the embedded model takes. */
const samplingStepsMax = 10;

/**
 * Names an embedded world model: the one trained on the run's own trajectories, the committed
 * checkpoint that this training began from, or one that the log holds as `event`.
 */
export type EmbeddedChoice = (
  | { readonly kind: "trained" }
  | { readonly kind: "untrained" }
  | { readonly kind: "imported"; readonly event: EventId }
) & {
  /** The run's own when left out. */
  readonly samplingSteps?: number;
};

/** Names the world model that dreams: an embedded one, or one behind a service. */
export type WorldModelChoice = EmbeddedChoice | VideoSpec;

/** An embedded one before a named file is in the log. */
export type EmbeddedSpec = (
  | { readonly kind: "trained" }
  | { readonly kind: "untrained" }
  | { readonly kind: "file"; readonly path: string }
) &
  Pick<EmbeddedChoice, "samplingSteps">;

export type WorldModelSpec = EmbeddedSpec | VideoSpec;

const samplingOption = { samplingSteps: `1..${samplingStepsMax}` };
export const worldModelAdapters = {
  trained: samplingOption,
  untrained: samplingOption,
  file: { path: "an ONNX checkpoint", ...samplingOption },
  ...videoUsages,
} as const satisfies AdapterTable<WorldModelSpec["kind"]>;

/** @throws {DreamlogError} `ARGUMENT_INVALID`. */
export function parseWorldModelSpec(text: string): WorldModelSpec {
  const spec = parseSpecText("world model", text, worldModelAdapters);
  if (spec.kind === "videos" || spec.kind === "dream-http") return parseVideoSpec(text);
  const range = { min: 1, max: samplingStepsMax, isWhole: true } as const;
  const samplingSteps = spec.number("samplingSteps", range);
  const steps = samplingSteps === undefined ? {} : { samplingSteps };
  return spec.kind === "file"
    ? { kind: "file", path: spec.required("path"), ...steps }
    : { kind: spec.kind, ...steps };
}
