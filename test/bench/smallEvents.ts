import type { NewEvent, Producer } from "../../src/events/envelope.ts";
import { jointStatesMeasured } from "../../src/events/environment.ts";
import { sessionStarted } from "../../src/events/session.ts";

const producer: Producer = {
  component: "bench.arms",
  version: 1,
  config: {},
  model: null,
  fingerprint: null,
};
const startUs = 1_767_225_600_000_000;

function fact(
  session: string,
  name: string,
  type: string,
  sourceTimeUs: number,
  payload: unknown,
): NewEvent {
  return {
    id: `${session}/${name}`,
    session,
    type,
    version: 1,
    kind: "fact",
    sourceTimeUs,
    causes: [],
    producer,
    seed: null,
    key: null,
    payload,
  };
}

/** Joint states of two arms at 1 kHz: about 200 bytes each with their envelope. */
export function smallEvents(count: number, session = "bench"): readonly NewEvent[] {
  const first = fact(session, "started", sessionStarted.type, startUs, {
    purpose: "bench",
    task: null,
    seed: "0",
    parent: null,
    settings: "{}",
  });
  const states = Array.from({ length: count - 1 }, (_, at) =>
    fact(session, `state/${at}`, jointStatesMeasured.type, startUs + at * 1000, {
      rateHz: 1000,
      stepCount: 1,
      states: Float32Array.from({ length: 16 }, (_joint, joint) => joint * 0.1 + at * 1e-4),
    }),
  );
  return [first, ...states];
}
