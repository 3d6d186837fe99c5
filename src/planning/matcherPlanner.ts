import { keypointsOnTable } from "../core/actionSpace.ts";
import type { KeypointAction } from "../core/cell.ts";
import { DreamlogError } from "../core/errors.ts";
import { squaredDistanceFromBase } from "../core/reach.ts";
import type { Producer } from "../events/envelope.ts";
import type { Planner, PlanRequest } from "../ports/planner.ts";
import { assignAtLeastCost } from "./assignment.ts";
import { actionsToChooseFrom, assertEnough } from "./planRequest.ts";

const producer: Producer = {
  component: "planning.matcherPlanner",
  version: 1,
  config: {},
  model: null,
  fingerprint: null,
};

/**
 * Planner without physics: assigns current keypoints to goal keypoints at least total distance and
 * moves the one that is farthest from its place, by the nearest arm that reaches. Further candidates
 * are the other assigned pairs, farthest first, then the same pairs by the other arm.
 *
 * It has no candidates beyond those: `CANDIDATES_EXHAUSTED` when more are asked for.
 */
export function createMatcherPlanner(): Planner {
  return {
    producer,
    propose: async (request) => {
      const actions = rankedActions(request);
      assertEnough(actions.length, request.candidateCount);
      return Promise.resolve(
        actions
          .slice(0, request.candidateCount)
          .map((action) => ({ action, logProbability: null })),
      );
    },
  };
}

interface Option {
  readonly action: KeypointAction;
  readonly isSecondArm: boolean;
  readonly mismatch: number;
}

function rankedActions(request: PlanRequest): readonly KeypointAction[] {
  const sources = keypointsOnTable(request.current, request.camera);
  const targets = keypointsOnTable(request.goal, request.camera);
  const size = sources.length / 2;
  if (targets.length !== sources.length) {
    throw new DreamlogError(
      "ARGUMENT_INVALID",
      `expected as many goal keypoints as current ones (${size}), found ${targets.length / 2}`,
      { sourceCount: size, targetCount: targets.length / 2 },
    );
  }
  const distances = pairDistances(sources, targets);
  const targetOf = assignAtLeastCost(distances, size);
  const options = actionsToChooseFrom(request)
    .filter(({ source, target }) => targetOf[source] === target)
    .map((action): Option => ({
      action,
      isSecondArm: isFartherArm(action, sources),
      mismatch: distances[action.source * size + action.target]!,
    }));
  return withOnlyArmFirst(options)
    .sort((a, b) => Number(a.isSecondArm) - Number(b.isSecondArm) || b.mismatch - a.mismatch)
    .map(({ action }) => action);
}

/** Row-major [sources, targets], metres. */
function pairDistances(sources: Float64Array, targets: Float64Array): Float64Array {
  const targetCount = targets.length / 2;
  return Float64Array.from({ length: (sources.length / 2) * targetCount }, (_, pair) => {
    const target = pair % targetCount;
    const source = (pair - target) / targetCount;
    const dx = sources[2 * source]! - targets[2 * target]!;
    const dy = sources[2 * source + 1]! - targets[2 * target + 1]!;
    return Math.sqrt(dx * dx + dy * dy);
  });
}

function isFartherArm({ arm, source }: KeypointAction, sources: Float64Array): boolean {
  const point = { x: sources[2 * source]!, y: sources[2 * source + 1]! };
  const other = arm === "left" ? "right" : "left";
  const distance = squaredDistanceFromBase(arm, point);
  const otherDistance = squaredDistanceFromBase(other, point);
  return distance > otherDistance || (distance === otherDistance && arm === "right");
}

/** An arm that alone reaches both ends of a pair is that pair's first choice however far it is. */
function withOnlyArmFirst(options: readonly Option[]): Option[] {
  return options.map((option) => {
    const isAlone = !options.some(
      (other) => other !== option && other.action.source === option.action.source,
    );
    return isAlone ? { ...option, isSecondArm: false } : option;
  });
}
