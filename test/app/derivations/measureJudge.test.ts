import { describe, expect, it } from "vitest";
import { measureJudge } from "../../../src/app/derivations/measureJudge.ts";
import { isDreamlogError } from "../../../src/core/errors.ts";
import type { StoredEvent } from "../../../src/events/envelope.ts";
import { outcomeScored } from "../../../src/events/evaluation.ts";
import type { EventDefinition } from "../../../src/events/eventDefinition.ts";
import { verdictGiven } from "../../../src/events/judging.ts";
import { sessionClosed } from "../../../src/events/session.ts";
import { judgeMeasurementProducer as producer } from "../../../src/app/derivations/measureJudge.ts";

function event({ type }: EventDefinition, payload: unknown): StoredEvent {
  return { id: type, type, payload } as StoredEvent;
}

const outcome = (errorM: number) => event(outcomeScored, { score: 0, errorM });
const verdict = (...distances: readonly number[]) => event(verdictGiven, { distances });
const measure = async (...causes: readonly StoredEvent[]) =>
  (await measureJudge.compute([{ producer, causes, seed: null }], {}))[0]!;

describe("measuring the judge", () => {
  it("reads each group's outcomes up to its verdict", async () => {
    const right = [outcome(0.1), outcome(0.2), verdict(1, 2)];
    const wrong = [outcome(0.2), outcome(0.1), verdict(1, 2)];
    expect(await measure(...right, ...right)).toMatchObject({ groups: 2, topOneRate: 1, kendallTau: 1 }); // prettier-ignore
    expect(await measure(...right, ...wrong)).toMatchObject({ groups: 2, topOneRate: 0.5, kendallTau: 0 }); // prettier-ignore
  });

  it("takes a trial that ended without an outcome for the worst", async () => {
    const end = event(sessionClosed, { reason: "completed", note: "" });
    expect(await measure(outcome(0.1), end, verdict(1, 2))).toMatchObject({ topOneRate: 1 });
    expect(await measure(outcome(0.1), end, verdict(2, 1))).toMatchObject({ topOneRate: 0 });
  });

  it("refuses causes that it does not derive from", async () => {
    const frame = { type: "camera.frameCaptured" } as StoredEvent;
    await expect(measure(frame, verdict(1))).rejects.toSatisfy((error) =>
      isDreamlogError(error, "EVENT_INVALID"),
    );
  });
});
