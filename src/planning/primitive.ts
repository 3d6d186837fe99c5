import type { Point3 } from "../core/camera.ts";
import { controlRateHz, workspaceSideM, type Arm, type GraspAndRelease } from "../core/cell.ts";
import { DreamlogError } from "../core/errors.ts";
import {
  approachHeightM,
  graspHeightM,
  holdingOpeningM,
  liftHeightM,
  primitivePhases,
  reachingOpeningM,
  releaseHeightM,
  type PrimitivePhase,
} from "../core/primitive.ts";
import type { Producer } from "../events/envelope.ts";
import type { JointTrajectory } from "../ports/environment.ts";
import type { ArmKinematics } from "../robot/armKinematics.ts";
import { homeJointsRad } from "../robot/fr3.ts";
import { joinWaypoints, type Leg, type Waypoint } from "./restToRest.ts";

/** The joint trajectory of one action, as `planner.primitiveCompiled` records it. */
export interface CompiledPrimitive extends JointTrajectory, GraspAndRelease {
  readonly arm: Arm;
  /** Index of the first step of each phase, in the order of `primitivePhases`. */
  readonly phaseStarts: number[];
}

/** Objects may be taken and set down a little outside the square in which they start. */
const workspaceMarginM = 0.04;
/** Past the middle by this much, the table belongs to the other arm's hand. */
const reservedFromM = 0.15;

const waitSteps = 2;
const closeSteps = 6;
const openSteps = 4;

export const primitiveProducer: Producer = {
  component: "planning.primitive",
  version: 1,
  config: {
    approachHeightM,
    graspHeightM,
    liftHeightM,
    releaseHeightM,
    reachingOpeningM,
    holdingOpeningM,
  },
  model: null,
  fingerprint: null,
};

/**
 * Compiles the fixed primitive: home → above grasp → grasp → close → lift → transport → release →
 * home, straight in joint space between waypoints with quintic time scaling, each leg as short as
 * the joints' velocity and acceleration limits allow. The points' heights do not count: the hand
 * works at the heights of `core/primitive.ts`.
 *
 * @returns commands of shape [stepCount, 8] at `controlRateHz`.
 * @throws {DreamlogError} `ACTION_REFUSED` when a point lies outside the workspace, in the zone
 *   reserved for the other arm or out of this arm's reach; `context.reason` names which,
 *   `context.remedy` says what to do instead.
 */
export function compilePrimitive(
  kinematics: ArmKinematics,
  { arm, grasp, release }: GraspAndRelease,
): CompiledPrimitive {
  for (const point of [grasp, release]) checkPlace(arm, point);
  const { stepCount, commands, legStarts } = joinWaypoints(
    home,
    legs(kinematics, arm, grasp, release),
    controlRateHz,
  );
  const phaseStarts = primitivePhases.map((phase) =>
    phase === "home" ? 0 : legStarts[phaseOfLeg.indexOf(phase)]!,
  );
  return { arm, grasp, release, rateHz: controlRateHz, stepCount, commands, phaseStarts };
}

const home: Waypoint = { joints: homeJointsRad, openingM: reachingOpeningM };

/** To which phase each of the legs below belongs. */
const phaseOfLeg: readonly PrimitivePhase[] = [
  "home",
  "aboveGrasp",
  "grasp",
  "close",
  "lift",
  "transport",
  "release",
  "release",
  "return",
  "return",
];

function legs(kinematics: ArmKinematics, arm: Arm, grasp: Point3, release: Point3): Leg[] {
  const reach = (point: Point3, heightM: number, start: ArrayLike<number>): Float64Array =>
    kinematics.reach(arm, { x: point.x, y: point.y, z: heightM }, start) ??
    refuse(arm, point, "outOfReach", "out of its reach", "the other arm or a nearer point");
  const aboveGrasp = reach(grasp, approachHeightM, homeJointsRad);
  const atGrasp = reach(grasp, graspHeightM, aboveGrasp);
  const lifted = reach(grasp, liftHeightM, aboveGrasp);
  const carried = reach(release, liftHeightM, lifted);
  const atRelease = reach(release, releaseHeightM, carried);
  const aboveRelease = reach(release, approachHeightM, atRelease);
  return [
    { to: home, stepsMin: waitSteps },
    { to: { joints: aboveGrasp, openingM: reachingOpeningM }, stepsMin: 1 },
    { to: { joints: atGrasp, openingM: reachingOpeningM }, stepsMin: 1 },
    { to: { joints: atGrasp, openingM: holdingOpeningM }, stepsMin: closeSteps },
    { to: { joints: lifted, openingM: holdingOpeningM }, stepsMin: 1 },
    { to: { joints: carried, openingM: holdingOpeningM }, stepsMin: 1 },
    { to: { joints: atRelease, openingM: holdingOpeningM }, stepsMin: 1 },
    { to: { joints: atRelease, openingM: reachingOpeningM }, stepsMin: openSteps },
    { to: { joints: aboveRelease, openingM: reachingOpeningM }, stepsMin: 1 },
    { to: home, stepsMin: 1 },
  ];
}

function checkPlace(arm: Arm, point: Point3): void {
  const limit = workspaceSideM / 2 + workspaceMarginM;
  const isInside = Math.abs(point.x) <= limit && Math.abs(point.y) <= limit;
  if (!isInside) {
    const where = `outside the workspace of ±${limit.toFixed(2)} m`;
    refuse(arm, point, "outsideWorkspace", where, "a point on the workspace");
  }
  const pastMiddle = arm === "left" ? point.x : -point.x;
  if (pastMiddle > reservedFromM) {
    const where = `in the zone of the other arm, past the middle by ${reservedFromM.toFixed(2)} m`;
    refuse(arm, point, "reservedZone", where, "the other arm");
  }
}

function refuse(arm: Arm, point: Point3, reason: string, where: string, choose: string): never {
  const at = `(${point.x.toFixed(3)}, ${point.y.toFixed(3)})`;
  const remedy = `choose ${choose}`;
  throw new DreamlogError(
    "ACTION_REFUSED",
    `expected a point that the ${arm} arm may go to, found ${at} m, ${where}; ${remedy}`,
    { arm, point, reason, remedy },
  );
}
