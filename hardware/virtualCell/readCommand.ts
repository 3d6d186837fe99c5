import * as v from "valibot";
import { jointCount } from "../../src/robot/fr3.ts";
import { parseMessage } from "./parseMessage.ts";

const Finite = v.pipe(v.number(), v.finite());

/** Lists in JSON, typed arrays in CDR. */
const Positions = v.pipe(
  v.union([v.array(v.number()), v.instance(Float64Array)]),
  v.transform((values) => Array.from(values)),
  v.array(Finite),
  v.length(jointCount),
);
const TrajectorySchema = v.object({
  points: v.array(
    v.object({
      positions: Positions,
      time_from_start: v.object({ sec: Finite, nanosec: Finite }),
    }),
  ),
});
const PoseSchema = v.object({
  pose: v.object({ position: v.object({ x: Finite, y: Finite, z: Finite }) }),
});

/**
 * The first point of a trajectory_msgs/JointTrajectory.
 *
 * @returns null for a trajectory without points, which means: stop.
 * @throws {DreamlogError} `MESSAGE_INVALID`.
 */
export function readTrajectoryPoint(
  message: unknown,
): { readonly positions: readonly number[]; readonly durationUs: number } | null {
  const [point] = parseMessage("a command", TrajectorySchema, message).points;
  if (point === undefined) return null;
  const { sec, nanosec } = point.time_from_start;
  return { positions: point.positions, durationUs: sec * 1e6 + nanosec / 1000 };
}

/**
 * The position of a geometry_msgs/PoseStamped.
 *
 * @throws {DreamlogError} `MESSAGE_INVALID`.
 */
export function readPoint(message: unknown): { x: number; y: number; z: number } {
  return parseMessage("a command", PoseSchema, message).pose.position;
}
