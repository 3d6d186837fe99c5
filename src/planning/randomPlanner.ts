import { createRandom, shuffled } from "../core/random.ts";
import type { Producer } from "../events/envelope.ts";
import type { Planner } from "../ports/planner.ts";
import { actionsToChooseFrom } from "./planRequest.ts";

const producer: Producer = {
  component: "planning.randomPlanner",
  version: 1,
  config: {},
  model: null,
  fingerprint: null,
};

/** Draws distinct actions within reach, all alike: the floor every planner is measured against. */
export function createRandomPlanner(): Planner {
  return {
    producer,
    propose: async (request) => {
      const actions = actionsToChooseFrom(request);
      const logProbability = -Math.log(actions.length);
      const order = shuffled(actions, createRandom(request.seed));
      return Promise.resolve(
        order.slice(0, request.candidateCount).map((action) => ({ action, logProbability })),
      );
    },
  };
}
