import { DreamlogError } from "../../core/errors.ts";
import type { Producer, StoredEvent } from "../../events/envelope.ts";
import type { EventDefinition, PayloadOf } from "../../events/eventDefinition.ts";
import type { DerivationRule, DerivationStep } from "../../ports/derivationRule.ts";

/** A rule that computes one step after the other. */
export function stepwiseRule<Tools, Definition extends EventDefinition>(
  rule: Omit<DerivationRule<Tools, Definition>, "compute"> & {
    readonly computeOne: (
      step: DerivationStep,
      tools: Tools,
    ) => PayloadOf<Definition> | Promise<PayloadOf<Definition>>;
  },
): DerivationRule<Tools, Definition> {
  const { computeOne, ...rest } = rule;
  return {
    ...rest,
    async compute(steps, tools) {
      const payloads: PayloadOf<Definition>[] = [];
      for (const step of steps) payloads.push(await computeOne(step, tools));
      return payloads;
    },
  };
}

/** The same maker with what this program would do differently. */
export function sameConfiguration(
  recorded: Producer,
  now: Pick<Producer, "version" | "fingerprint">,
): Producer {
  return { ...recorded, version: now.version, fingerprint: now.fingerprint };
}

/** @throws {DreamlogError} `EVENT_INVALID` when the cause is not there or of another type. */
export function causeAt<Definition extends EventDefinition>(
  step: Pick<DerivationStep, "causes">,
  index: number,
  definition: Definition,
): StoredEvent<PayloadOf<Definition>> {
  const cause = step.causes[index];
  if (cause !== undefined && isA(cause, definition)) return cause;
  throw new DreamlogError(
    "EVENT_INVALID",
    `expected ${definition.type} as cause ${index}, found ${cause?.type ?? "none"}; the event was derived otherwise than this program derives it`,
    { index, expected: definition.type, found: cause?.type ?? null },
  );
}

/** @throws {DreamlogError} `EVENT_INVALID` as above. */
export function causesFrom<Definition extends EventDefinition>(
  step: Pick<DerivationStep, "causes">,
  first: number,
  definition: Definition,
): readonly StoredEvent<PayloadOf<Definition>>[] {
  return step.causes.slice(first).map((_, at) => causeAt(step, first + at, definition));
}

export function isA<Definition extends EventDefinition>(
  event: StoredEvent,
  definition: Definition,
): event is StoredEvent<PayloadOf<Definition>> {
  return event.type === definition.type;
}
