import type { PinholeCamera } from "../core/camera.ts";
import type { Arm, Task } from "../core/cell.ts";
import type { Box, Mask, RgbImage } from "../core/image.ts";

/** Joint commands of the fixed primitive for one arm; the other stays at home. */
export interface JointTrajectory {
  readonly arm: Arm;
  readonly rateHz: number;
  /** Shape [stepCount, 8]: seven joint angles in rad and the finger opening in m. */
  readonly commands: Float32Array;
  readonly stepCount: number;
}

/** What an environment sends while it executes, in order of time. Times count from the reset. */
export type EnvironmentSample =
  | {
      readonly type: "frame";
      readonly timeUs: number;
      readonly phase: "motion" | "final";
      readonly image: RgbImage;
    }
  | {
      readonly type: "states";
      readonly timeUs: number;
      readonly rateHz: number;
      readonly stepCount: number;
      readonly states: Float32Array;
    }
  | {
      readonly type: "grasp";
      readonly timeUs: number;
      readonly arm: Arm;
      readonly isHolding: boolean;
      readonly heldParticles: number;
    }
  | {
      readonly type: "refused";
      readonly timeUs: number;
      readonly arm: Arm;
      readonly reason: string;
      readonly remedy: string;
    };

/** What only a simulator can tell; the score is computed from it and nothing else reads it. */
export interface GroundTruth {
  /** Shape [count, 3], metres. */
  readonly particles: Float32Array;
  /** The object's visible pixels in the latest frame. */
  readonly mask: Mask;
}

export interface Scene {
  readonly image: RgbImage;
  /** The box a person would draw round the object. */
  readonly box: Box;
  readonly truth: GroundTruth | null;
}

/** A cell with two arms, one camera and one object: simulated, dreamed or real. */
export interface Environment {
  readonly id: string;
  readonly camera: PinholeCamera;
  /**
   * Puts the object at a start and says what it should become.
   *
   * @param seed - the start's name; equal seeds give equal starts.
   */
  reset(request: {
    readonly task: Task;
    readonly seed: string;
  }): Promise<{ readonly start: Scene; readonly goal: Scene }>;
  /** The scene now, arms at home. */
  observe(): Promise<Scene>;
  /**
   * Runs the trajectory to its end and lets the object settle. A command beyond the joint limits is
   * answered by one `refused` sample and nothing moves.
   */
  execute(trajectory: JointTrajectory): AsyncIterable<EnvironmentSample>;
  close(): Promise<void>;
}
