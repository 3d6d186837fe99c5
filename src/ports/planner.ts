import type { PinholeCamera } from "../core/camera.ts";
import type { KeypointAction, Task } from "../core/cell.ts";
import type { Producer } from "../events/envelope.ts";

export interface PlanRequest {
  readonly task: Task;
  readonly camera: PinholeCamera;
  /** Keypoints of the observation: shape [count, 2], full-frame pixels (x, y). */
  readonly current: Float32Array;
  /** Keypoints of the goal: shape [count, 2]. */
  readonly goal: Float32Array;
  /** Distinct candidates wanted, K ≥ 1. */
  readonly candidateCount: number;
  /** Names the random numbers; equal seeds give equal answers. */
  readonly seed: string;
}

export interface Candidate {
  readonly action: KeypointAction;
  /** Natural logarithm of π(action | request); null when the planner has no probabilities. */
  readonly logProbability: number | null;
}

/** Chooses which keypoint goes where, and by which arm. */
export interface Planner {
  readonly producer: Producer;
  /**
   * @returns exactly `candidateCount` distinct candidates. A planner asked for one gives its best;
   *   asked for more, a trainable one samples without replacement.
   * @throws {DreamlogError} `CANDIDATES_EXHAUSTED` when there are fewer distinct actions.
   */
  propose(request: PlanRequest): Promise<readonly Candidate[]>;
}
