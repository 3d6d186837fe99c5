import fc from "fast-check";
import { createMediaChecks } from "../../replay/mediaChecks.ts";
import type { Verifier } from "../../replay/verifyEvent.ts";
import { ManualClock } from "../../src/core/clock.ts";
import { digestFields } from "../../src/core/digest.ts";
import { derivationKey, type Producer, type StoredEvent } from "../../src/events/envelope.ts";
import { judgementFailed } from "../../src/events/judging.ts";
import type { DerivationRule, DerivationStep } from "../../src/ports/derivationRule.ts";
import { createMemoryLog, type OpenLog } from "../../store/openLog.ts";
import { boxed, started } from "../store/sampleEvents.ts";

/** A derived event of a made-up log: what it derives from, and whether somebody forged it. */
export interface Node {
  /** Indices of earlier nodes; none derives from the fact alone. */
  readonly causes: readonly number[];
  readonly isForged: boolean;
  readonly session: 0 | 1;
}

/** Acyclic by construction: a node names earlier ones only. */
export const arbitraryGraph: fc.Arbitrary<readonly Node[]> = fc
  .array(
    fc.record({
      picks: fc.array(fc.nat(), { maxLength: 3 }),
      isForged: fc.boolean(),
      session: fc.constantFrom(0 as const, 1 as const),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((drafts) =>
    drafts.map(({ picks, isForged, session }, at) => ({
      causes: at === 0 ? [] : [...new Set(picks.map((pick) => pick % at))],
      isForged,
      session,
    })),
  );

const producer: Producer = {
  component: "test.digest",
  version: 1,
  config: {},
  model: null,
  fingerprint: null,
};

function computed({ causes, seed }: DerivationStep) {
  return {
    code: "DIGEST",
    reason: digestFields([seed, ...causes.map((each) => each.contentDigest)]),
  };
}

/** Any event type will do: this rule says what its causes are, and nothing else. */
export const digestRule: DerivationRule<unknown, typeof judgementFailed> = {
  definition: judgementFailed,
  component: producer.component,
  producerNow: () => producer,
  compute: (steps) => Promise.resolve(steps.map(computed)),
};

/** A log of two sessions that holds the graph; forged events have other payloads, consistently. */
export async function logOf(graph: readonly Node[]): Promise<OpenLog> {
  const open = createMemoryLog({ clock: new ManualClock(1) });
  const { log } = open;
  const facts = await log.append([started("s0"), boxed("s0", "box"), started("s1")]);
  const fact = facts[1]!;
  const events: StoredEvent[] = [];
  for (const [at, { causes, isForged, session }] of graph.entries()) {
    const from = causes.length === 0 ? [fact] : causes.map((cause) => events[cause]!);
    const step = { producer, causes: from, seed: String(at) };
    const payload = computed(step);
    const [event] = await log.append([
      {
        ...step,
        ...{ id: `s${session}#node/${at}`, session: `s${session}`, sourceTimeUs: 1 },
        ...{ type: judgementFailed.type, version: judgementFailed.version, kind: "derived" },
        causes: from.map(({ position }) => position),
        key: derivationKey({
          ...step,
          type: judgementFailed.type,
          version: judgementFailed.version,
        }),
        payload: isForged ? { ...payload, reason: "forged" } : payload,
      },
    ]);
    events.push(event!);
  }
  return open;
}

export function graphVerifier({ log, blobs }: OpenLog): Verifier<unknown> {
  const ruleOf = (_type: string, component: string) =>
    component === producer.component ? digestRule : undefined;
  return { log, ruleOf, tools: {}, media: createMediaChecks(blobs) };
}
