import { invariant } from "../../core/errors.ts";
import type { Producer, StoredEvent } from "../../events/envelope.ts";
import type { EventDefinition, PayloadOf } from "../../events/eventDefinition.ts";
import type { DerivationRule } from "../../ports/derivationRule.ts";
import type { SessionRecorder } from "../sessionRecorder.ts";

/** A derivation of a session: the step, and the role that the event has there. */
export interface NamedStep {
  readonly name: string;
  readonly producer: Producer;
  readonly causes: readonly StoredEvent[];
  readonly seed?: string;
}

/** Answers a derivation from the log, or computes it by its rule and appends it. */
export async function deriveBy<Tools, Definition extends EventDefinition>(
  recorder: SessionRecorder,
  rule: DerivationRule<Tools, Definition>,
  step: NamedStep,
  tools: Tools,
): Promise<StoredEvent<PayloadOf<Definition>>> {
  const [event] = await deriveAllBy(recorder, rule, [step], tools);
  invariant(event !== undefined, "one step has one event");
  return event;
}

/** Many derivations by one rule: those that the log lacks are computed together. */
export function deriveAllBy<Tools, Definition extends EventDefinition>(
  recorder: SessionRecorder,
  rule: DerivationRule<Tools, Definition>,
  steps: readonly NamedStep[],
  tools: Tools,
): Promise<readonly StoredEvent<PayloadOf<Definition>>[]> {
  return recorder.derivedBatch(rule.definition, steps, (missing) =>
    rule.compute(
      missing.map((at) => ({ seed: null, ...steps[at]! })),
      tools,
    ),
  );
}
