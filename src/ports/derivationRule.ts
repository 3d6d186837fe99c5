import type { Producer, StoredEvent } from "../events/envelope.ts";
import type { EventDefinition, PayloadOf } from "../events/eventDefinition.ts";

/** What a derived event is computed from, and all that it is computed from. */
export interface DerivationStep {
  readonly producer: Producer;
  /** As the log holds them, in the order the event names them. */
  readonly causes: readonly StoredEvent[];
  readonly seed: string | null;
}

/**
 * How one type of derived event is made by one component: a rule of the build graph that the log is.
 * A stage follows it when it records, and replay when it verifies, so there is one way from the
 * causes to the payload.
 *
 * @typeParam Tools - what a rule needs beside the step: pictures by reference, models by digest.
 */
export interface DerivationRule<Tools, Definition extends EventDefinition = EventDefinition> {
  readonly definition: Definition;
  /** Of the producers whose events it makes. */
  readonly component: string;
  /**
   * The producer that this program would name for what `recorded` made: its configuration and model,
   * the version and numeric fingerprint of here. Another one than `recorded` makes other content.
   *
   * @throws {DreamlogError} `BLOB_MISSING` for a model that is not at hand; `ARGUMENT_INVALID` for a
   *   configuration that this program does not take.
   */
  producerNow(recorded: Producer, tools: Tools): Producer | Promise<Producer>;
  /**
   * Computes many steps together, which is cheaper where a model or an encoder is started for them.
   *
   * @returns one payload a step, in order; each as if it were computed alone.
   * @throws {DreamlogError} `EVENT_INVALID` for causes that the rule does not derive from, and what
   *   the component throws.
   */
  compute(
    steps: readonly DerivationStep[],
    tools: Tools,
  ): Promise<readonly PayloadOf<Definition>[]>;
}
