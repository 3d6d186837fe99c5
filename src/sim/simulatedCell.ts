import {
  arms,
  controlRateHz,
  topCamera,
  type Arm,
  type HandPath,
  type Task,
} from "../core/cell.ts";
import { invariant } from "../core/errors.ts";
import type { Box, Mask } from "../core/image.ts";
import { reachingOpeningM } from "../core/primitive.ts";
import type {
  Environment,
  EnvironmentSample,
  JointTrajectory,
  Scene,
} from "../ports/environment.ts";
import { createArmKinematics } from "../robot/armKinematics.ts";
import { commandSize, homeJointsRad, jointCount } from "../robot/fr3.ts";
import { createArmDynamics, type ArmMotion } from "./armDynamics.ts";
import { executeHandPath } from "./executeHandPath.ts";
import { createCellRenderer, type ArmPoses } from "./look/cellRenderer.ts";
import { createObjectPainter, type ObjectPainter } from "./look/objectLook.ts";
import { createSimObject, type SimObject } from "./objects/simObject.ts";
import type { SoftBodyState } from "./physics/softBody.ts";
import { SoftBodySolver } from "./physics/softBodySolver.ts";
import { outcomeOf, shapeErrorM, type Outcome } from "./tasks/scoring.ts";
import { createTaskScene, type TaskScene } from "./tasks/taskScene.ts";
import { checkTrajectory } from "./trajectoryCheck.ts";

/** The simulated bimanual cell: two FR3 arms, one deformable object, one camera above. */
export interface SimulatedCell extends Environment {
  /** What a hand path would come to from the scene as it is now; nothing moves. */
  imagine(path: HandPath): Outcome;
}

export interface SimulatedCellOptions {
  /**
   * Which moments of a motion the camera catches: fractions of its duration, ascending, 0 to 1; or
   * `rateHz`, a divisor of 30. The settled result always follows.
   */
  readonly motionFrames: { readonly fractions: readonly number[] } | { readonly rateHz: number };
}

/** Pixels about the object that a person's box leaves free. */
const boxMarginPx = 8;
const microsecondsPerStep = 1e6 / controlRateHz;

const homePoses: ArmPoses = {
  left: { jointsRad: homeJointsRad, openingM: reachingOpeningM },
  right: { jointsRad: homeJointsRad, openingM: reachingOpeningM },
};

/** One kind of object with what simulates and draws it. */
interface Stage {
  readonly task: Task;
  readonly object: SimObject;
  readonly solver: SoftBodySolver;
  readonly painter: ObjectPainter;
}

/** What stands on the table now. */
interface Setting {
  readonly stage: Stage;
  readonly seed: string;
  readonly scene: TaskScene;
  readonly pictures: { readonly start: Scene; readonly goal: Scene };
}

/** Loads MuJoCo (once per thread) and builds the cell. */
export async function createSimulatedCell(options: SimulatedCellOptions): Promise<SimulatedCell> {
  const kinematics = await createArmKinematics();
  const dynamics = await createArmDynamics(controlRateHz);
  const renderer = createCellRenderer(topCamera, kinematics);
  const stages = new Map<Task, Stage>();
  let setting: Setting | null = null;
  let state: SoftBodyState | null = null;

  function stageOf(task: Task): Stage {
    const known = stages.get(task);
    if (known !== undefined) return known;
    const object = createSimObject(task);
    const solver = new SoftBodySolver(object.model);
    const stage = { task, object, solver, painter: createObjectPainter(object) };
    stages.set(task, stage);
    return stage;
  }

  function present(): { readonly setting: Setting; readonly state: SoftBodyState } {
    invariant(setting !== null && state !== null, "the cell was reset");
    return { setting, state };
  }

  function sceneOf({ painter }: Stage, { positions }: SoftBodyState): Scene {
    const { image, objectMask: mask } = renderer.render(painter, positions, homePoses);
    return {
      image,
      box: boxAround(mask),
      truth: { particles: Float32Array.from(positions), mask },
    };
  }

  function* run(trajectory: JointTrajectory): Generator<EnvironmentSample> {
    const { setting, state: before } = present();
    const { solver, painter } = setting.stage;
    const refusal = checkTrajectory(trajectory, controlRateHz);
    if (refusal !== null) {
      yield { type: "refused", timeUs: 0, arm: trajectory.arm, ...refusal };
      return;
    }
    const motion = dynamics.run(trajectory);
    const steps = motionSteps(options.motionFrames, trajectory.stepCount);
    const result = executeHandPath(solver, before, motion.handPath, steps);
    state = result.final;
    const grasps = result.grasps.map(({ step, isHolding }): EnvironmentSample => ({
      type: "grasp",
      timeUs: timeOfStep(step),
      arm: trajectory.arm,
      isHolding,
      heldParticles: isHolding ? 1 : 0,
    }));
    const frames = steps.map((step, at): EnvironmentSample => {
      const poses = posesAt(motion, step);
      const { image } = renderer.render(painter, result.captured[at]!, poses);
      return { type: "frame", timeUs: timeOfStep(step), phase: "motion", image };
    });
    yield* [...grasps, ...frames].sort((a, b) => a.timeUs - b.timeUs);
    yield statesSample(trajectory, motion);
    const { image } = renderer.render(painter, result.final.positions, homePoses);
    const settledUs = timeOfStep(trajectory.stepCount + result.settleSteps);
    yield { type: "frame", timeUs: settledUs, phase: "final", image };
  }

  return {
    id: "sim.cell",
    camera: topCamera,
    reset({ task, seed }) {
      if (setting?.stage.task !== task || setting.seed !== seed) {
        const stage = stageOf(task);
        const scene = createTaskScene(task, seed, stage.object, stage.solver);
        const pictures = { start: sceneOf(stage, scene.start), goal: sceneOf(stage, scene.goal) };
        setting = { stage, seed, scene, pictures };
      }
      state = setting.scene.start;
      return Promise.resolve(setting.pictures);
    },
    observe() {
      const now = present();
      return Promise.resolve(sceneOf(now.setting.stage, now.state));
    },
    async *execute(trajectory) {
      await Promise.resolve();
      yield* run(trajectory);
    },
    imagine(path) {
      const now = present();
      const { stage, scene } = now.setting;
      const { final } = executeHandPath(stage.solver, now.state, path);
      const errorM = shapeErrorM(stage.object, scene.goal.positions, final.positions);
      return outcomeOf(stage.task, errorM);
    },
    close() {
      dynamics.close();
      kinematics.close();
      return Promise.resolve();
    },
  };
}

function motionSteps(wanted: SimulatedCellOptions["motionFrames"], stepCount: number): number[] {
  if ("fractions" in wanted) {
    return wanted.fractions.map((fraction) => Math.round(fraction * (stepCount - 1)));
  }
  const stride = controlRateHz / wanted.rateHz;
  invariant(Number.isInteger(stride), `${wanted.rateHz} Hz divides ${controlRateHz} Hz`);
  return Array.from({ length: Math.floor((stepCount - 1) / stride) }, (_, at) => (at + 1) * stride);
}

function timeOfStep(step: number): number {
  return Math.round(step * microsecondsPerStep);
}

function posesAt({ states }: ArmMotion, step: number): ArmPoses {
  const poseOf = (arm: Arm) => {
    const at = (step * arms.length + arms.indexOf(arm)) * commandSize;
    return { jointsRad: states.subarray(at, at + jointCount), openingM: states[at + jointCount]! };
  };
  return { left: poseOf("left"), right: poseOf("right") };
}

function statesSample(
  { stepCount, rateHz }: JointTrajectory,
  { states }: ArmMotion,
): EnvironmentSample {
  // prettier-ignore
  return { type: "states", timeUs: timeOfStep(stepCount), rateHz, stepCount, states };
}

/** The box a person would draw: round the object, a little larger. */
function boxAround(mask: Mask): Box {
  const { left, top, right, bottom } = extentOf(mask);
  const x = Math.max(0, left - boxMarginPx);
  const y = Math.max(0, top - boxMarginPx);
  return {
    x,
    y,
    width: Math.min(mask.widthPx, right + 1 + boxMarginPx) - x,
    height: Math.min(mask.heightPx, bottom + 1 + boxMarginPx) - y,
  };
}

function extentOf({ bits, widthPx, heightPx }: Mask) {
  const extent = { left: widthPx, top: heightPx, right: -1, bottom: -1 };
  for (let y = 0, at = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++, at++) {
      if (bits[at] === 0) continue;
      extent.left = Math.min(extent.left, x);
      extent.right = Math.max(extent.right, x);
      extent.top = Math.min(extent.top, y);
      extent.bottom = y;
    }
  }
  return extent;
}
