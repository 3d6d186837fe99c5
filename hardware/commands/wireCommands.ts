import type { Arm } from "../../src/core/cell.ts";
import { reachingOpeningM } from "../../src/core/primitive.ts";
import type { ArmKinematics } from "../../src/robot/armKinematics.ts";
import { toBase, toolLengthM } from "../../src/robot/fr3.ts";
import type { CellDescription } from "../cellFile/cellSchema.ts";
import type { Topic } from "../link/cellLink.ts";
import { quaternionOf } from "./quaternion.ts";

const types = {
  joints: "trajectory_msgs/msg/JointTrajectory",
  pose: "geometry_msgs/msg/PoseStamped",
  halt: "std_msgs/msg/Empty",
} as const;

/** FR3 hand: slow enough to feel what it closes on, strong enough to hold a rope or a cloth. */
const gripperSpeedMPerS = 0.1;
const graspForceN = 20;

/** Topics on which this program publishes to a cell. */
export function publicationsOf({ arms, halt }: CellDescription): readonly Topic[] {
  const commands = [arms.left, arms.right].map(({ command }) => ({
    topic: command.topic,
    rosType: types[command.kind],
  }));
  return [...commands, { topic: halt, rosType: types.halt }];
}

/**
 * The message that sends an arm to a joint target within one command period: as a one-point joint
 * trajectory, or as the pose that the hand's closing point has there.
 */
export function targetMessage(
  description: CellDescription,
  kinematics: ArmKinematics,
  target: { readonly arm: Arm; readonly joints: Float64Array },
  when: { readonly nowUs: number; readonly rateHz: number },
): { readonly topic: Topic; readonly message: object } {
  const { command, frame, jointNames } = description.arms[target.arm];
  const topic = { topic: command.topic, rosType: types[command.kind] };
  const header = { stamp: stampOf(when.nowUs), frame_id: frame };
  if (command.kind === "pose") {
    return { topic, message: { header, pose: handPose(kinematics, target) } };
  }
  const point = {
    positions: Array.from(target.joints),
    velocities: [],
    accelerations: [],
    effort: [],
    time_from_start: { sec: 0, nanosec: Math.round(1e9 / when.rateHz) },
  };
  return { topic, message: { header, joint_names: jointNames, points: [point] } };
}

/** Pose of the closing point in the arm's base frame. */
function handPose(
  kinematics: ArmKinematics,
  { arm, joints }: { readonly arm: Arm; readonly joints: Float64Array },
) {
  const hand = kinematics.bodyFrames(arm, joints).at(-1)!;
  const [x, y, z] = [2, 5, 8].map((at) => hand.axes[at]! * toolLengthM);
  const { origin } = hand;
  const position = toBase(arm, { x: origin.x + x!, y: origin.y + y!, z: origin.z + z! });
  // The right base is turned by half a turn about z: x and y rows change sign.
  const axes = hand.axes.map((value, at) => (arm === "right" && at < 6 ? -value : value));
  return { position, orientation: quaternionOf(axes) };
}

/**
 * What tells the arms' own controllers to stop: the halt topic, and for trajectory controllers a
 * trajectory without points, which ends the one under way.
 */
export function haltMessages(
  description: CellDescription,
  nowUs: number,
): readonly { readonly topic: Topic; readonly message: object }[] {
  const trajectories = [description.arms.left, description.arms.right]
    .filter(({ command }) => command.kind === "joints")
    .map(({ command, frame, jointNames }) => ({
      topic: { topic: command.topic, rosType: types.joints },
      message: {
        header: { stamp: stampOf(nowUs), frame_id: frame },
        joint_names: jointNames,
        points: [],
      },
    }));
  return [
    { topic: { topic: description.halt, rosType: types.halt }, message: {} },
    ...trajectories,
  ];
}

/** A goal for an action server. */
export interface ActionGoal {
  readonly action: string;
  readonly actionType: string;
  readonly goal: object;
}

/**
 * The gripper action that closes the fingers on what is between them, opens them again, or has the hand
 * find out how far they open, which it does not know after it was switched on.
 */
export function gripperGoal(
  { gripper }: { readonly gripper: string },
  wish: "close" | "open" | "home",
): ActionGoal {
  if (wish === "home") {
    return {
      action: `${gripper}/homing`,
      actionType: "franka_msgs/action/Homing",
      goal: {},
    };
  }
  if (wish === "open") {
    return {
      action: `${gripper}/move`,
      actionType: "franka_msgs/action/Move",
      goal: { width: reachingOpeningM, speed: gripperSpeedMPerS },
    };
  }
  // Any width counts as held: how thick the object is decides where the fingers stop.
  const epsilon = { inner: 0.08, outer: 0.08 };
  return {
    action: `${gripper}/grasp`,
    actionType: "franka_msgs/action/Grasp",
    goal: { width: 0, epsilon, speed: gripperSpeedMPerS, force: graspForceN },
  };
}

export function recoveryGoal({ errorRecovery }: { readonly errorRecovery: string }): ActionGoal {
  return {
    action: errorRecovery,
    actionType: "franka_msgs/action/ErrorRecovery",
    goal: {},
  };
}

/** A ROS 2 time stamp. */
export function stampOf(timeUs: number): { readonly sec: number; readonly nanosec: number } {
  const sec = Math.floor(timeUs / 1e6);
  return { sec, nanosec: Math.round((timeUs - sec * 1e6) * 1000) };
}
