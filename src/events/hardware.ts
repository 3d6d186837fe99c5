import * as v from "valibot";
import { defineEvent } from "./eventDefinition.ts";
import { ArmSchema, BlobRefSchema, Count, Finite, Float64Schema, Point3Schema } from "./media.ts";

/*
 * What a real cell (or one that speaks as if it were real) says, as it came. The source time of these
 * events is the message's own stamp; the receive time, by this machine's clock, stands beside it.
 */

const TimeUs = v.pipe(v.number(), v.safeInteger());

/** The cell file that the session runs under, and whether commands leave (`isArmed`) or are only logged. */
export const cellConfigured = defineEvent({
  type: "hardware.cellConfigured",
  kind: "fact",
  schema: v.strictObject({ name: v.string(), file: v.string(), isArmed: v.boolean() }),
});

/** The connection to the cell came, went, or is tried again. */
export const linkChanged = defineEvent({
  type: "hardware.linkChanged",
  kind: "fact",
  schema: v.strictObject({
    state: v.picklist(["connected", "lost", "failed"]),
    /** Tries since it was last connected. */
    attempt: Count,
    reason: v.string(),
  }),
});

/**
 * Consecutive joint states of one arm. A kilohertz of them comes, so an event holds the few that came
 * within one period of the camera, each with its own times.
 */
export const jointStatesReceived = defineEvent({
  type: "hardware.jointStatesReceived",
  kind: "fact",
  schema: v.strictObject({
    stream: v.string(),
    arm: ArmSchema,
    count: v.pipe(Count, v.minValue(1)),
    /** Shape [count], microseconds since the Unix epoch, in the order in which they came. */
    sourceTimesUs: Float64Schema,
    receiveTimesUs: Float64Schema,
    /** Shape [count, 7], base to hand: rad, rad/s, N·m. The last two are empty where none came. */
    positions: Float64Schema,
    velocities: Float64Schema,
    efforts: Float64Schema,
  }),
});

/** A picture, as encoded by the camera's driver. */
export const imageReceived = defineEvent({
  type: "hardware.imageReceived",
  kind: "fact",
  schema: v.strictObject({
    stream: v.string(),
    camera: v.string(),
    receiveTimeUs: TimeUs,
    /** `16UC1` is depth in millimetres, little-endian rows without padding. */
    format: v.picklist(["jpeg", "png", "rgb8", "bgr8", "mono8", "16UC1"]),
    /** Of raw pictures; an encoded one says it itself. */
    widthPx: v.nullable(Count),
    heightPx: v.nullable(Count),
    bytes: BlobRefSchema,
  }),
});

/** Any other message, such as camera info, robot state or gripper state, as JSON text with sorted keys. */
export const messageReceived = defineEvent({
  type: "hardware.messageReceived",
  kind: "fact",
  schema: v.strictObject({
    stream: v.string(),
    rosType: v.string(),
    receiveTimeUs: TimeUs,
    message: v.string(),
  }),
});

/** A message of a recording in an encoding that is not read here, kept as it was. */
export const rawMessageReceived = defineEvent({
  type: "hardware.rawMessageReceived",
  kind: "fact",
  schema: v.strictObject({
    stream: v.string(),
    rosType: v.string(),
    receiveTimeUs: TimeUs,
    bytes: BlobRefSchema,
  }),
});

/** Messages that could not be taken: malformed, too large, of a wrong frame, not finite, unknown. */
export const messageRejected = defineEvent({
  type: "hardware.messageRejected",
  kind: "fact",
  schema: v.strictObject({
    /** Null when it is not known which stream it was for. */
    stream: v.nullable(v.string()),
    code: v.string(),
    reason: v.string(),
    /** So many of this stream since the last such event; only the last one's reason is kept. */
    count: v.pipe(Count, v.minValue(1)),
  }),
});

/** A stream paused for longer than its rate allows. */
export const gapFound = defineEvent({
  type: "hardware.gapFound",
  kind: "fact",
  schema: v.strictObject({
    stream: v.string(),
    /** Stamps on either side of the gap. */
    fromTimeUs: TimeUs,
    toTimeUs: TimeUs,
    /** Messages that the stream's rate would have brought. */
    missingCount: v.pipe(Count, v.minValue(1)),
  }),
});

/** Messages that came after others of a later stamp, within about a second. */
export const messagesLate = defineEvent({
  type: "hardware.messagesLate",
  kind: "fact",
  schema: v.strictObject({
    stream: v.string(),
    count: v.pipe(Count, v.minValue(1)),
    /** Stamp of the latest message before, less the late one's own; the largest of them. */
    worstUs: Count,
  }),
});

/** By how much this machine's clock is ahead of a stream's source, the fastest transport included. */
export const clockOffsetEstimated = defineEvent({
  type: "hardware.clockOffsetEstimated",
  kind: "fact",
  schema: v.strictObject({
    stream: v.string(),
    /** Least difference of receive time and stamp in the window, and how much more the most took. */
    offsetUs: Finite,
    jitterUs: Count,
    sampleCount: Count,
  }),
});

/** A joint target that left for an arm (or, in a dry run, that would have). */
export const commandSent = defineEvent({
  type: "robot.commandSent",
  kind: "fact",
  schema: v.strictObject({
    arm: ArmSchema,
    primitive: v.string(),
    isDryRun: v.boolean(),
    /** Shape [8]: seven joint angles in rad and the finger opening in m. */
    target: Float64Schema,
  }),
});

/**
 * A goal that left for an action server of an arm (or, in a dry run, that would have): its fingers, or
 * its recovery from a reflex. The server's result comes as a `hardware.messageReceived` of `link/notice`.
 */
export const goalSent = defineEvent({
  type: "robot.goalSent",
  kind: "fact",
  schema: v.strictObject({
    arm: ArmSchema,
    /** Such as `/left/franka_gripper/grasp`. */
    action: v.string(),
    actionType: v.string(),
    /** JSON text with sorted keys. */
    goal: v.string(),
    isDryRun: v.boolean(),
  }),
});

/** The safety gate let something else leave than was asked for, or nothing. */
export const gateIntervened = defineEvent({
  type: "safety.gateIntervened",
  kind: "fact",
  schema: v.strictObject({
    arm: v.nullable(ArmSchema),
    primitive: v.nullable(v.string()),
    reasons: v.pipe(v.array(v.string()), v.minLength(1)),
    /** Joint angles and then the opening, as asked, whatever they are; null when no command came. */
    asked: v.nullable(Float64Schema),
    /** Shape [8]; null when nothing left. */
    sent: v.nullable(Float64Schema),
    isHalt: v.boolean(),
    isDryRun: v.boolean(),
  }),
});

/** Commands may pass again after a halt. */
export const haltReleased = defineEvent({
  type: "safety.haltReleased",
  kind: "fact",
  schema: v.strictObject({ by: v.string(), haltedBy: v.string() }),
});

/** Streams that had no message near enough in time to one of the leading stream. */
export const alignmentMissed = defineEvent({
  type: "hardware.alignmentMissed",
  kind: "fact",
  schema: v.strictObject({
    leader: v.string(),
    leaderTimeUs: TimeUs,
    missing: v.pipe(v.array(v.string()), v.minLength(1)),
    toleranceUs: Count,
  }),
});

/** Pictures that live perception was too busy to look at: a newer one came before it got to them. */
export const framesSkipped = defineEvent({
  type: "hardware.framesSkipped",
  kind: "fact",
  schema: v.strictObject({
    stream: v.string(),
    count: v.pipe(Count, v.minValue(1)),
    /** Stamps of the first and the last of them. */
    firstTimeUs: TimeUs,
    lastTimeUs: TimeUs,
  }),
});

/** A plan made ahead that is not carried out: what it was made on is not how it is any more. */
export const planSuperseded = defineEvent({
  type: "planner.planSuperseded",
  kind: "fact",
  schema: v.strictObject({ reason: v.string() }),
});

/** Where a camera stands in the world, by points that the camera saw and an arm touched. */
export const handEyeCalibrated = defineEvent({
  type: "calibration.handEyeCalibrated",
  kind: "fact",
  schema: v.strictObject({
    camera: v.string(),
    rotation: v.pipe(v.array(Finite), v.length(9)),
    position: Point3Schema,
    pointCount: Count,
    /** Root mean square, and the largest, distance of touched points from where the camera puts them. */
    residualM: Finite,
    worstM: Finite,
  }),
});
