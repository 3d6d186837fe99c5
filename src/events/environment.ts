import * as v from "valibot";
import { defineEvent } from "./eventDefinition.ts";
import {
  ArmSchema,
  BoxSchema,
  Count,
  Finite,
  Float32Schema,
  MediaRefSchema,
  Point3Schema,
  TaskSchema,
} from "./media.ts";

/** The camera as it was calibrated for this session; see `PinholeCamera` for axes and units. */
export const cameraCalibrated = defineEvent({
  type: "camera.calibrated",
  kind: "fact",
  schema: v.strictObject({
    widthPx: Count,
    heightPx: Count,
    fx: Finite,
    fy: Finite,
    cx: Finite,
    cy: Finite,
    rotation: v.pipe(v.array(Finite), v.length(9)),
    position: Point3Schema,
  }),
});

/** What the frame shows: the goal, the start, somewhere in the motion, or the settled result. */
export const FramePhaseSchema = v.picklist(["goal", "start", "motion", "final"]);

export const cameraFrameCaptured = defineEvent({
  type: "camera.frameCaptured",
  kind: "fact",
  schema: v.strictObject({
    camera: v.string(),
    phase: FramePhaseSchema,
    image: MediaRefSchema,
  }),
});

/** A person (in simulation: the cell) drew one box round the object in a frame: the segmenter's prompt. */
export const objectBoxLabelled = defineEvent({
  type: "label.objectBoxed",
  kind: "fact",
  schema: v.strictObject({ box: BoxSchema }),
});

/** Simulation only: the object's true particles, shape [count, 3], metres. Never read by perception. */
export const objectStateRecorded = defineEvent({
  type: "environment.objectStateRecorded",
  kind: "fact",
  schema: v.strictObject({
    task: TaskSchema,
    phase: v.picklist(["goal", "start", "final"]),
    particles: Float32Schema,
  }),
});

/** Joint commands as they were sent: shape [stepCount, 8], seven joint angles in rad and the finger opening in m. */
export const jointCommandsSent = defineEvent({
  type: "robot.jointCommandsSent",
  kind: "fact",
  schema: v.strictObject({
    arm: ArmSchema,
    rateHz: Finite,
    stepCount: Count,
    commands: Float32Schema,
  }),
});

/**
 * Measured joint states of both arms: shape [stepCount, 2, 8], left arm first, seven joint angles in
 * rad and the finger opening in m.
 */
export const jointStatesMeasured = defineEvent({
  type: "robot.jointStatesMeasured",
  kind: "fact",
  schema: v.strictObject({ rateHz: Finite, stepCount: Count, states: Float32Schema }),
});

/** The hand closed: what it holds, if anything. */
export const graspAttempted = defineEvent({
  type: "robot.graspAttempted",
  kind: "fact",
  schema: v.strictObject({ arm: ArmSchema, isHolding: v.boolean(), heldParticles: Count }),
});

/** The cell would not execute a command; the session goes on. */
export const commandRefused = defineEvent({
  type: "robot.commandRefused",
  kind: "fact",
  schema: v.strictObject({ arm: ArmSchema, reason: v.string(), remedy: v.string() }),
});
