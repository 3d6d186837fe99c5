import { from, lastValueFrom, toArray } from "rxjs";
import { concatMap } from "rxjs/operators";
import type { Task } from "../core/cell.ts";
import type { StoredEvent } from "../events/envelope.ts";
import {
  cameraFrameCaptured,
  commandRefused,
  graspAttempted,
  jointCommandsSent,
  jointStatesMeasured,
  objectStateRecorded,
} from "../events/environment.ts";
import type { outcomeScored } from "../events/evaluation.ts";
import type { PayloadOf } from "../events/eventDefinition.ts";
import type { primitiveCompiled } from "../events/planning.ts";
import type { Environment, EnvironmentSample, GroundTruth } from "../ports/environment.ts";
import { deriveBy } from "./derivations/deriveBy.ts";
import { scoreState } from "./derivations/scoreState.ts";
import { recordFrame, type ObservedScene } from "./observe.ts";
import { cellProducer, driverProducer, scoringProducer } from "./producers.ts";
import type { SessionRecorder } from "./sessionRecorder.ts";

export type PrimitiveEvent = StoredEvent<PayloadOf<typeof primitiveCompiled>>;
type FrameEvent = StoredEvent<PayloadOf<typeof cameraFrameCaptured>>;

/** What the cell made of a primitive. */
export interface CarriedOut {
  /** Frames during the motion, oldest first. */
  readonly motion: readonly FrameEvent[];
  /** The settled object, arms at home; absent when the cell refused the command. */
  readonly final: FrameEvent | null;
  readonly refusal: StoredEvent<PayloadOf<typeof commandRefused>> | null;
}

/**
 * Logs the command, lets the cell execute it, and logs every sample as it arrives: one append in
 * flight, so the log's order is the cell's.
 */
export async function carryOut(
  recorder: SessionRecorder,
  environment: Pick<Environment, "execute">,
  primitive: PrimitiveEvent,
): Promise<CarriedOut> {
  const { arm, rateHz, stepCount, commands } = primitive.payload;
  await recorder.fact(
    "command",
    jointCommandsSent,
    { arm, rateHz, stepCount, commands },
    { producer: driverProducer, causes: [primitive] },
  );
  const startUs = recorder.nowUs();
  const samples$ = from(environment.execute({ arm, rateHz, stepCount, commands })).pipe(
    concatMap((sample, index) => {
      recorder.advanceToUs(startUs + sample.timeUs);
      return recordSample(recorder, `sample/${index}`, sample);
    }),
    toArray(),
  );
  const events = await lastValueFrom(samples$);
  const frames = events.filter(
    (event): event is FrameEvent => event.type === cameraFrameCaptured.type,
  );
  return {
    motion: frames.filter(({ payload }) => payload.phase === "motion"),
    final: frames.find(({ payload }) => payload.phase === "final") ?? null,
    refusal:
      events.find(
        (event): event is StoredEvent<PayloadOf<typeof commandRefused>> =>
          event.type === commandRefused.type,
      ) ?? null,
  };
}

function recordSample(
  recorder: SessionRecorder,
  name: string,
  sample: EnvironmentSample,
): Promise<StoredEvent> {
  const options = { producer: cellProducer };
  switch (sample.type) {
    case "frame":
      return recordFrame(recorder, name, sample.phase, sample.image);
    case "states": {
      const { rateHz, stepCount, states } = sample;
      return recorder.fact(name, jointStatesMeasured, { rateHz, stepCount, states }, options);
    }
    case "grasp": {
      const { arm, isHolding, heldParticles } = sample;
      return recorder.fact(name, graspAttempted, { arm, isHolding, heldParticles }, options);
    }
    case "refused": {
      const { arm, reason, remedy } = sample;
      return recorder.fact(name, commandRefused, { arm, reason, remedy }, options);
    }
  }
}

/** Logs the object's true final state and derives the score from it and the goal's. */
export async function scoreFinalState(
  recorder: SessionRecorder,
  task: Task,
  goal: ObservedScene,
  truth: GroundTruth,
): Promise<StoredEvent<PayloadOf<typeof outcomeScored>>> {
  const state = await recorder.fact(
    "final/objectState",
    objectStateRecorded,
    { task, phase: "final", particles: truth.particles },
    { producer: cellProducer },
  );
  const goalTruth = goal.truth;
  if (goalTruth === null) throw new Error("a simulated goal has a true state");
  const step = { name: "final/score", producer: scoringProducer, causes: [goalTruth, state] };
  return deriveBy(recorder, scoreState, step, {});
}
