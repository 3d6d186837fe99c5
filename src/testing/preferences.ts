import type { PinholeCamera } from "../core/camera.ts";
import type { KeypointAction, Task } from "../core/cell.ts";
import { isDreamlogError } from "../core/errors.ts";
import { cameraCalibrated } from "../events/environment.ts";
import { preferencesPaired } from "../events/learning.ts";
import { keypointsSampled } from "../events/perception.ts";
import { actionsToChooseFrom } from "../planning/planRequest.ts";
import type { EventLog } from "../ports/eventLog.ts";
import type { Candidate, Planner } from "../ports/planner.ts";
import { isA } from "../app/derivations/rule.ts";

/** What a judge preferred on one start; see `PlanRequest` for the keypoints. */
export interface Preference {
  readonly task: Task;
  readonly camera: PinholeCamera;
  readonly current: Float32Array;
  readonly goal: Float32Array;
  readonly positive: KeypointAction;
  readonly negatives: readonly KeypointAction[];
}

/** Every preference that a session of the log holds, such as `seed-0/judge`. */
export async function readPreferences(
  log: EventLog,
  session: string,
): Promise<readonly Preference[]> {
  const preferences: Preference[] = [];
  for (let afterPosition = 0; ;) {
    const page = await log.read({ session, types: [preferencesPaired.type], afterPosition });
    for (const event of page) {
      afterPosition = event.position;
      if (!isA(event, preferencesPaired)) continue;
      // Causes as `pairPreferences` names them: plan, verdict, both keypoint sets, camera.
      const [, , current, goal, camera] = await Promise.all(event.causes.map((at) => log.get(at)));
      const isWhole =
        current !== undefined &&
        goal !== undefined &&
        camera !== undefined &&
        isA(current, keypointsSampled) &&
        isA(goal, keypointsSampled) &&
        isA(camera, cameraCalibrated);
      if (!isWhole) continue;
      preferences.push({
        ...event.payload,
        camera: camera.payload,
        current: current.payload.points,
        goal: goal.payload.points,
      });
    }
    if (page.length === 0) return preferences;
  }
}

/**
 * Share of the pairs (positive, negative) in which a planner prefers the positive: by its
 * probabilities where it has any, by its order where not. An action that is out of reach is never
 * preferred.
 *
 * @returns 0 to 1; NaN for no pairs.
 */
export async function preferredShare(
  planner: Planner,
  preferences: readonly Preference[],
): Promise<number> {
  let preferred = 0;
  let pairs = 0;
  for (const preference of preferences) {
    const rank = await ranksOf(planner, preference);
    for (const negative of preference.negatives) {
      pairs += 1;
      if (rank(preference.positive) < rank(negative)) preferred += 1;
    }
  }
  return preferred / pairs;
}

/** @returns the place of an action in the planner's preference; Infinity where it has none. */
async function ranksOf(
  planner: Planner,
  { task, camera, current, goal }: Preference,
): Promise<(action: KeypointAction) => number> {
  const request = { task, camera, current, goal, candidateCount: 1, seed: "preference" };
  const candidates = await allCandidates(planner, request);
  const ordered = candidates.every(({ logProbability }) => logProbability !== null)
    ? candidates.toSorted((a, b) => b.logProbability! - a.logProbability!)
    : candidates;
  const places = new Map(ordered.map(({ action }, place) => [nameOf(action), place]));
  return (action) => places.get(nameOf(action)) ?? Infinity;
}

async function allCandidates(
  planner: Planner,
  request: Parameters<Planner["propose"]>[0],
): Promise<readonly Candidate[]> {
  try {
    const candidateCount = actionsToChooseFrom(request).length;
    return await planner.propose({ ...request, candidateCount });
  } catch (error) {
    // Nothing is preferred where there is nothing to do.
    if (isDreamlogError(error, "GOAL_REACHED_ALREADY")) return [];
    throw error;
  }
}

function nameOf({ arm, source, target }: KeypointAction): string {
  return `${arm} ${source} ${target}`;
}
