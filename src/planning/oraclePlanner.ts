import { keypointsOnTable } from "../core/actionSpace.ts";
import type { KeypointAction } from "../core/cell.ts";
import { squaredDistanceFromBase } from "../core/reach.ts";
import type { Producer } from "../events/envelope.ts";
import type { Planner, PlanRequest } from "../ports/planner.ts";
import { actionsToChooseFrom, assertEnough } from "./planRequest.ts";

export interface OracleSearch {
  /** The coarse round tries all pairs of the first so many sources and targets, 1 or more. */
  readonly coarseCount: number;
  /** Best pairs after each round about which the next one searches. */
  readonly keptCount: number;
  /** Nearest keypoints about a kept source (and target) that a finer round tries. */
  readonly neighbourCount: number;
  /** Finer rounds. */
  readonly roundCount: number;
}

/** Tries every pair. */
export const exhaustiveSearch: OracleSearch = {
  coarseCount: Infinity,
  keptCount: 0,
  neighbourCount: 0,
  roundCount: 0,
};

/**
 * Planner that tries actions in a simulator and answers with the best: the ceiling of what one action
 * over these keypoints can do. Coarse to fine: farthest point sampling spreads any prefix of the
 * keypoints over the object, so the first few stand for all; then it looks about the best. Each pair
 * is tried with the arm nearer to its source.
 *
 * @param evaluate - how far from the goal the action ends; smaller is better.
 */
export function createOraclePlanner(options: {
  readonly evaluate: (action: KeypointAction, request: PlanRequest) => Promise<number>;
  readonly search: OracleSearch;
}): Planner {
  const producer: Producer = {
    component: "planning.oraclePlanner",
    version: 1,
    config: { search: options.search },
    model: null,
    fingerprint: null,
  };
  return {
    producer,
    propose: async (request) => {
      const tried = await searchActions(request, options.search, (action) =>
        options.evaluate(action, request),
      );
      assertEnough(tried.length, request.candidateCount);
      return tried
        .slice(0, request.candidateCount)
        .map(({ action }) => ({ action, logProbability: null }));
    },
  };
}

interface Trial {
  readonly action: KeypointAction;
  readonly error: number;
}

/** @returns everything tried, best first; ties in order of trial. */
async function searchActions(
  request: PlanRequest,
  search: OracleSearch,
  evaluate: (action: KeypointAction) => Promise<number>,
): Promise<readonly Trial[]> {
  const actions = nearerArmOnly(request, actionsToChooseFrom(request));
  let trials: readonly Trial[] = [];
  const tryAll = async (chosen: readonly KeypointAction[]) => {
    const added: Trial[] = [];
    for (const action of chosen) added.push({ action, error: await evaluate(action) });
    trials = [...trials, ...added].sort((a, b) => a.error - b.error);
  };
  const { coarseCount } = search;
  const coarse = actions.filter((a) => a.source < coarseCount && a.target < coarseCount);
  await tryAll(coarse.length > 0 ? coarse : actions);
  for (let round = 0; round < search.roundCount; round++) {
    const centres = trials.slice(0, search.keptCount).map(({ action }) => action);
    const isNear = nearness(request, search.neighbourCount);
    const isTried = new Set(trials.map(({ action }) => action));
    await tryAll(
      actions.filter(
        (action) => !isTried.has(action) && centres.some((centre) => isNear(centre, action)),
      ),
    );
  }
  return trials;
}

/** Drops the action of the farther arm where both arms can do the same. */
function nearerArmOnly(
  request: PlanRequest,
  actions: readonly KeypointAction[],
): readonly KeypointAction[] {
  const sources = keypointsOnTable(request.current, request.camera);
  const distance = ({ arm, source }: KeypointAction) =>
    squaredDistanceFromBase(arm, { x: sources[2 * source]!, y: sources[2 * source + 1]! });
  const best = new Map<string, KeypointAction>();
  for (const action of actions) {
    const pair = `${action.source}/${action.target}`;
    const other = best.get(pair);
    if (other === undefined || distance(action) < distance(other)) best.set(pair, action);
  }
  return actions.filter((action) => best.get(`${action.source}/${action.target}`) === action);
}

/** Whether an action's source and target are among the nearest few about another's. */
function nearness(request: PlanRequest, neighbourCount: number) {
  const nearSources = nearestKeypoints(request.current, neighbourCount);
  const nearTargets = nearestKeypoints(request.goal, neighbourCount);
  return (centre: KeypointAction, action: KeypointAction): boolean =>
    nearSources[centre.source]!.includes(action.source) &&
    nearTargets[centre.target]!.includes(action.target);
}

/** By keypoint: itself and its `neighbourCount` nearest. */
function nearestKeypoints(keypoints: Float32Array, neighbourCount: number): readonly number[][] {
  const indices = Array.from({ length: keypoints.length / 2 }, (_, index) => index);
  return indices.map((index) => {
    const squared = (other: number) => {
      const dx = keypoints[2 * other]! - keypoints[2 * index]!;
      const dy = keypoints[2 * other + 1]! - keypoints[2 * index + 1]!;
      return dx * dx + dy * dy;
    };
    return [...indices].sort((a, b) => squared(a) - squared(b)).slice(0, neighbourCount + 1);
  });
}
