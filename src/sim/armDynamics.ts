import { arms, type HandPath } from "../core/cell.ts";
import { invariant } from "../core/errors.ts";
import { reachingOpeningM } from "../core/primitive.ts";
import type { JointTrajectory } from "../ports/environment.ts";
import { armMjcf, servoDamping, servoStiffness, toolSite } from "../robot/armModel.ts";
import { commandSize, homeJointsRad, jointCount, toWorld } from "../robot/fr3.ts";
import { mujoco } from "../robot/mujoco.ts";

/** What the arms did with a trajectory. */
export interface ArmMotion {
  /** Shape [stepCount, 2, 8]: measured angles (rad) and finger opening (m), left arm first. */
  readonly states: Float32Array;
  /** The closing point of the moving arm as it really went. */
  readonly handPath: HandPath;
}

export interface ArmDynamics {
  /**
   * Runs a checked trajectory (see `checkTrajectory`) from rest at its first command.
   *
   * The arm that does not move holds still exactly: gravity is compensated and contacts are none of
   * its business, so it is not integrated.
   */
  run(trajectory: JointTrajectory): ArmMotion;
  /** Frees the WebAssembly objects; nothing else may be called afterwards. */
  close(): void;
}

/** Integrator steps per control step: at 30 Hz, 1.96 ms each. */
const substeps = 17;

const velocityFeedForwardS = servoStiffness.map((gain, joint) => servoDamping[joint]! / gain);

/** Builds one arm with its servos; both arms are it, in turn. */
export async function createArmDynamics(rateHz: number): Promise<ArmDynamics> {
  const api = await mujoco();
  const model = api.MjModel.from_xml_string(armMjcf(1 / (rateHz * substeps)));
  const data = new api.MjData(model);
  const site = model.site(toolSite).id;
  const control = new Float64Array(model.nu);

  /** Commands between two control steps, and the velocities that the servos' damping is spared. */
  function setControl(commands: Float32Array, step: number, share: number): void {
    const stepCount = commands.length / commandSize;
    const command = (of: number, joint: number) =>
      commands[Math.max(0, Math.min(stepCount - 1, of)) * commandSize + joint]!;
    for (let joint = 0; joint < jointCount; joint++) {
      const from = command(step, joint);
      const to = command(step + 1, joint);
      const velocityBefore = (to - command(step - 1, joint)) / 2;
      const velocityAfter = (command(step + 2, joint) - from) / 2;
      const velocity = rateHz * (velocityBefore + share * (velocityAfter - velocityBefore));
      control[joint] = from + share * (to - from) + velocityFeedForwardS[joint]! * velocity;
    }
    const opening =
      command(step, jointCount) +
      share * (command(step + 1, jointCount) - command(step, jointCount));
    control.fill(opening / 2, jointCount);
    (data.ctrl as Float64Array).set(control);
  }

  function startAt(commands: Float32Array): void {
    api.mj_resetData(model, data);
    const pose = Float64Array.from({ length: model.nq }, (_, at) =>
      at < jointCount ? commands[at]! : commands[jointCount]! / 2,
    );
    (data.qpos as Float64Array).set(pose);
    api.mj_kinematics(model, data);
  }

  return {
    run(trajectory) {
      invariant(trajectory.rateHz === rateHz, `arm dynamics run at ${rateHz} Hz`);
      const { arm, commands, stepCount } = trajectory;
      const measured = createMotion(trajectory);
      startAt(commands);
      for (let step = 0; step < stepCount; step++) {
        if (step > 0) {
          for (let substep = 1; substep <= substeps; substep++) {
            setControl(commands, step - 1, substep / substeps);
            api.mj_step(model, data);
          }
          // mj_step leaves the frames where the step began.
          api.mj_kinematics(model, data);
        }
        const joints = data.qpos as Float64Array;
        const opening = joints[jointCount]! + joints[jointCount + 1]!;
        const tool = data.site_xpos as Float64Array;
        const at = site * 3;
        const { x, y, z } = toWorld(arm, { x: tool[at]!, y: tool[at + 1]!, z: tool[at + 2]! });
        measured.add(joints, opening, [x, y, z]);
      }
      return measured.motion;
    },
    close() {
      data.delete();
      model.delete();
    },
  };
}

/** Empty records of a motion, and how a step is added to them. */
function createMotion({ arm, stepCount }: JointTrajectory) {
  const states = new Float32Array(stepCount * arms.length * commandSize);
  const positions = new Float32Array(stepCount * 3);
  const openings = new Float32Array(stepCount);
  const motion: ArmMotion = { states, handPath: { arm, stepCount, positions, openings } };
  const moving = arms.indexOf(arm);
  let step = 0;
  return {
    motion,
    add(joints: Float64Array, opening: number, tool: readonly [number, number, number]): void {
      for (const index of arms.keys()) {
        const at = (step * arms.length + index) * commandSize;
        states.set(index === moving ? joints.subarray(0, jointCount) : homeJointsRad, at);
        states[at + jointCount] = index === moving ? opening : reachingOpeningM;
      }
      positions.set(tool, step * 3);
      openings[step] = opening;
      step++;
    },
  };
}
