import type { StoredEvent } from "../../events/envelope.ts";
import type { Judge } from "../../ports/judge.ts";
import type { WorldModel } from "../../ports/worldModel.ts";
import { deriveBy } from "../derivations/deriveBy.ts";
import { dreamedCropProducer, observeDream } from "../derivations/observeDream.ts";
import { dreamCandidates } from "../dreamCandidates.ts";
import { judgeDreams } from "../judgeDreams.ts";
import { requireOwnEvent } from "./ownEvent.ts";
import type { BranchEnvironment } from "./rollOut.ts";

/**
 * The world model as the environment: what it dreams of an action is what is observed next. It can go
 * on from any observation, for it knows no state but the picture; what it dreams away stays away.
 */
export function createDreamedEnvironment(adapters: {
  readonly worldModel: WorldModel;
  /** Where the log holds its weights. */
  readonly checkpoint: StoredEvent;
  readonly judge: Judge;
}): BranchEnvironment {
  const { worldModel, checkpoint, judge } = adapters;
  return {
    name: "world-model",
    prepare: () => Promise.resolve(),
    async act(recorder, { task, goal, camera, seen, chosen }) {
      const dreams = await dreamCandidates(recorder, worldModel, checkpoint, seen.crop, [chosen]);
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
