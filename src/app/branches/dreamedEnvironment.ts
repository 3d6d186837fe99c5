import { DreamlogError } from "../../core/errors.ts";
import type { Judge } from "../../ports/judge.ts";
import type { ArmKinematics } from "../../robot/armKinematics.ts";
import { deriveBy } from "../derivations/deriveBy.ts";
import { dreamedCropProducer, observeDream } from "../derivations/observeDream.ts";
import { dreamWith, type Dreamer } from "../dreamer.ts";
import { judgeDreams } from "../judgeDreams.ts";
import { requireOwnEvent } from "./ownEvent.ts";
import type { BranchEnvironment } from "./rollOut.ts";

/**
 * The world model as the environment: what it dreams of an action is what is observed next. It can go
 * on from any observation, for it knows no state but the picture; what it dreams away stays away.
 */
export function createDreamedEnvironment(adapters: {
  readonly dreamer: Dreamer;
  readonly judge: Judge;
  readonly kinematics: ArmKinematics;
}): BranchEnvironment {
  const { dreamer, judge, kinematics } = adapters;
  return {
    name: "world-model",
    prepare: () => Promise.resolve(),
    async act(recorder, { task, goal, camera, seen, chosen }) {
      const scene = { task, camera, crop: seen.crop, seen: seen.shot, kinematics };
      const dreams = await dreamWith(recorder, dreamer, scene, [chosen]);
      if (dreams.length === 0) throw undreamt(recorder.session);
      const request = { name: "final", task, goal: goal.crop, dreams };
      const verdict = await judgeDreams(recorder, judge, request);
      const role = "final/crop/objectOnly";
      const step = { name: role, producer: dreamedCropProducer, causes: [...dreams, camera] };
      const crop = await deriveBy(recorder, observeDream, step, { media: recorder.media });
      const fork = await requireOwnEvent(recorder.log, recorder.session, role);
      return {
        next: { observation: { kind: "dreamed", crop }, fork },
        distanceM: verdict?.payload.distances[0] ?? null,
        score: null,
      };
    },
  };
}

function undreamt(session: string): DreamlogError {
  return new DreamlogError(
    "ANSWER_INVALID",
    `${session}: expected a dream to go on from, found that the service gave none; the log holds why, under remote.requestFailed or remote.answersUnreadable`,
    { session },
  );
}
