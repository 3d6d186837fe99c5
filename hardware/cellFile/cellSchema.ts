import * as v from "valibot";
import { jointCount } from "../../src/robot/fr3.ts";
import { defaultSafetyLimits } from "../safety/safetyLimits.ts";

const Positive = v.pipe(v.number(), v.finite(), v.gtValue(0));
const Coordinate = v.pipe(v.number(), v.finite());
const Topic = v.pipe(
  v.string(),
  v.regex(/^\/[A-Za-z0-9_~/]+$/, "a topic such as /left/joint_states"),
);
const FrameName = v.pipe(v.string(), v.nonEmpty());
const JointVector = v.pipe(v.array(Coordinate), v.length(jointCount));
const Vector3 = v.pipe(v.array(Coordinate), v.length(3));

const LinkSchema = v.strictObject({
  protocol: v.picklist(["rosbridge", "foxglove"]),
  url: v.pipe(v.string(), v.regex(/^wss?:\/\/\S+$/, "an address such as ws://127.0.0.1:9090")),
  /** How rosbridge sends messages; the Foxglove protocol is always CDR. */
  encoding: v.optional(v.picklist(["cbor", "json"]), "cbor"),
});

const CameraSchema = v.strictObject({
  image: Topic,
  isCompressed: v.optional(v.boolean(), true),
  info: v.optional(Topic),
  depth: v.optional(Topic),
  frame: FrameName,
  rateHz: Positive,
  /** Camera in the world; see `PinholeCamera` for the axes. */
  position: Vector3,
  rotation: v.pipe(v.array(Coordinate), v.length(9)),
});

const CommandSchema = v.strictObject({
  /** `pose` streams the hand's pose, `joints` one-point joint trajectories. */
  kind: v.picklist(["pose", "joints"]),
  topic: Topic,
});

const ArmSchema = v.strictObject({
  states: Topic,
  stateRateHz: Positive,
  robotState: v.optional(Topic),
  gripperStates: v.optional(Topic),
  frame: FrameName,
  jointNames: v.pipe(v.array(v.string()), v.length(jointCount)),
  command: CommandSchema,
  /** Name under which the gripper's actions `move` and `grasp` are. */
  gripper: Topic,
  errorRecovery: Topic,
});

/** Reports are a period apart and a decision comes once a period: so much is left for silence. */
const silenceMs = 100 - 1000 / defaultSafetyLimits.rateHz;

const LimitsSchema = v.strictObject({
  jointLowerRad: v.optional(JointVector),
  jointUpperRad: v.optional(JointVector),
  jointVelocityRadPerS: v.optional(v.pipe(v.array(Positive), v.length(jointCount))),
  jointAccelerationRadPerS2: v.optional(v.pipe(v.array(Positive), v.length(jointCount))),
  toolSpeedMPerS: v.optional(v.pipe(Positive, v.maxValue(3))),
  workspace: v.optional(v.strictObject({ min: Vector3, max: Vector3 })),
  tableClearanceM: v.optional(v.pipe(v.number(), v.minValue(0))),
  armDistanceM: v.optional(Positive),
  trackingErrorRad: v.optional(Positive),
  stateTimeoutMs: v.optional(v.pipe(Positive, v.maxValue(Math.floor(silenceMs)))),
  frameTimeoutMs: v.optional(Positive),
  commandTimeoutMs: v.optional(v.pipe(Positive, v.maxValue(100))),
});

/** A cell as its YAML file describes it: what it is called on the wire, and what it may do. */
export const CellSchema = v.strictObject({
  name: v.pipe(v.string(), v.nonEmpty()),
  link: LinkSchema,
  /** The first is the one that planning looks through. */
  cameras: v.pipe(
    v.record(v.pipe(v.string(), v.regex(/^\w+$/)), CameraSchema),
    v.check((cameras) => Object.keys(cameras).length > 0, "one camera or more"),
  ),
  arms: v.strictObject({ left: ArmSchema, right: ArmSchema }),
  /** Topic on which the arms' controllers are told to stop, std_msgs/Empty. */
  halt: Topic,
  /** Topic by which an operator stops the cell, std_msgs/Bool. */
  operatorStop: v.optional(Topic),
  /** Stamps that differ by no more are of one moment. */
  alignmentToleranceMs: v.optional(Positive, 20),
  /** What is not named here keeps the FR3's own limit, and may not exceed it. */
  limits: v.optional(LimitsSchema, {}),
});

export type CellDescription = v.InferOutput<typeof CellSchema>;
export type CellLimits = v.InferOutput<typeof LimitsSchema>;
export type CellCamera = v.InferOutput<typeof CameraSchema>;
