import type { Point3 } from "../core/camera.ts";
import type { Arm, HandPath } from "../core/cell.ts";
import type { JointTrajectory } from "../ports/environment.ts";
import { armMjcf, linkBodies, toolSite } from "./armModel.ts";
import { commandSize, homeJointsRad, jointCount, toBase, toWorld } from "./fr3.ts";
import { solveToolDown, type ToolState } from "./inverseKinematics.ts";
import { mujoco, type Mujoco } from "./mujoco.ts";

/** Where a body's frame is, in the world: its origin (metres) and its axes (columns, row-major). */
export interface BodyFrame {
  readonly origin: Point3;
  readonly axes: readonly number[];
}

/** Geometry of the two arms, by MuJoCo. Answers are functions of the arguments, bit for bit. */
export interface ArmKinematics {
  /**
   * @param joints - seven angles in rad; further entries are ignored.
   * @returns the closing point between the fingertips, world metres.
   */
  toolPoint(arm: Arm, joints: ArrayLike<number>): Point3;
  /** Frames of base, seven links and hand, in that order. */
  bodyFrames(arm: Arm, joints: ArrayLike<number>): readonly BodyFrame[];
  /** The closing point along a trajectory, as commanded. */
  handPathOf(trajectory: JointTrajectory): HandPath;
  /**
   * Joint angles with the closing point at `point` and the hand pointing straight down.
   *
   * @param start - seven angles to begin from; a neighbouring solution keeps the posture.
   * @returns shape [7], or null when the arm cannot get there.
   */
  reach(arm: Arm, point: Point3, start?: ArrayLike<number>): Float64Array | null;
  /** Frees the WebAssembly objects; nothing else may be called afterwards. */
  close(): void;
}

/** Loads MuJoCo (once per thread) and builds the arm. */
export async function createArmKinematics(): Promise<ArmKinematics> {
  const api = await mujoco();
  const model = api.MjModel.from_xml_string(armMjcf(0.002));
  const data = new api.MjData(model);
  const rates = createRates(api, model);
  const site = model.site(toolSite).id;
  const bodies = linkBodies.map((name) => model.body(name).id);
  const pose = new Float64Array(model.nq);

  function setJoints(joints: ArrayLike<number>): void {
    for (let joint = 0; joint < jointCount; joint++) pose[joint] = joints[joint]!;
    // Views of MuJoCo's memory go stale when it grows, so they are asked for anew each time.
    (data.qpos as Float64Array).set(pose);
    api.mj_kinematics(model, data);
  }

  function evaluate(joints: Float64Array): ToolState {
    setJoints(joints);
    const position = (data.site_xpos as Float64Array).slice(site * 3, site * 3 + 3);
    const axes = data.site_xmat as Float64Array;
    const at = site * 9;
    const direction = Float64Array.of(axes[at + 2]!, axes[at + 5]!, axes[at + 8]!);
    return { position, direction, jacobian: rates.jacobian(data, site) };
  }

  function toolPoint(arm: Arm, joints: ArrayLike<number>): Point3 {
    setJoints(joints);
    return toWorld(arm, pointAt(data.site_xpos as Float64Array, site));
  }

  return {
    toolPoint,
    bodyFrames(arm, joints) {
      setJoints(joints);
      const origins = data.xpos as Float64Array;
      const axes = data.xmat as Float64Array;
      return bodies.map((body) => ({
        origin: toWorld(arm, pointAt(origins, body)),
        axes: worldAxes(arm, axes.subarray(body * 9, body * 9 + 9)),
      }));
    },
    handPathOf(trajectory) {
      return handPath(trajectory, toolPoint);
    },
    reach(arm, point, start = homeJointsRad) {
      const { x, y, z } = toBase(arm, point);
      const from = Float64Array.from({ length: jointCount }, (_, joint) => start[joint]!);
      return solveToolDown(evaluate, [x, y, z], from, homeJointsRad);
    },
    close() {
      rates.close();
      data.delete();
      model.delete();
    },
  };
}

type Model = InstanceType<Mujoco["MjModel"]>;
type Data = InstanceType<Mujoco["MjData"]>;

/** The tool's Jacobian, through buffers that are made once. */
function createRates(api: Mujoco, model: Model) {
  const width = model.nv;
  const linear = new api.DoubleBuffer(3 * width);
  const angular = new api.DoubleBuffer(3 * width);
  return {
    /** @returns shape [6, jointCount]; the fingers' columns are left out. */
    jacobian(data: Data, site: number): Float64Array {
      api.mj_comPos(model, data);
      api.mj_jacSite(model, data, linear, angular, site);
      const result = new Float64Array(6 * jointCount);
      [linear, angular].forEach((buffer, half) => {
        const values = buffer.GetView() as Float64Array;
        for (let axis = 0; axis < 3; axis++) {
          const row = values.subarray(axis * width, axis * width + jointCount);
          result.set(row, (half * 3 + axis) * jointCount);
        }
      });
      return result;
    },
    close() {
      linear.delete();
      angular.delete();
    },
  };
}

function pointAt(coordinates: Float64Array, index: number): Point3 {
  const at = index * 3;
  return { x: coordinates[at]!, y: coordinates[at + 1]!, z: coordinates[at + 2]! };
}

/** The right arm's base is turned by half a turn: x and y rows change sign. */
function worldAxes(arm: Arm, axes: Float64Array): number[] {
  return Array.from(axes, (value, at) => (arm === "right" && at < 6 ? -value : value));
}

function handPath(
  { arm, commands, stepCount }: JointTrajectory,
  toolPoint: ArmKinematics["toolPoint"],
): HandPath {
  const positions = new Float32Array(stepCount * 3);
  const openings = new Float32Array(stepCount);
  for (let step = 0; step < stepCount; step++) {
    const at = step * commandSize;
    const { x, y, z } = toolPoint(arm, commands.subarray(at, at + jointCount));
    positions.set([x, y, z], step * 3);
    openings[step] = commands[at + jointCount]!;
  }
  return { arm, stepCount, positions, openings };
}
