import { DreamlogError } from "../core/errors.ts";
import type { Producer } from "../events/envelope.ts";
import type { Candidate, Planner } from "../ports/planner.ts";
import { assertEnough } from "./planRequest.ts";

/**
 * Answers requests from a list, in order: rehearsed sessions and tests.
 *
 * @param answers - one list of candidates a request.
 */
export function createScriptedPlanner(answers: readonly (readonly Candidate[])[]): Planner {
  const producer: Producer = {
    component: "planning.scriptedPlanner",
    version: 1,
    config: { answers },
    model: null,
    fingerprint: null,
  };
  let asked = 0;
  return {
    producer,
    propose: async ({ candidateCount }) => {
      const candidates = answers[asked];
      if (candidates === undefined) {
        throw new DreamlogError(
          "CANDIDATES_EXHAUSTED",
          `expected at most ${answers.length} requests to this script, found another; add an answer to it`,
          { answers: answers.length },
        );
      }
      asked++;
      assertEnough(candidates.length, candidateCount);
      return Promise.resolve(candidates.slice(0, candidateCount));
    },
  };
}
