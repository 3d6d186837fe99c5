import { fc, test } from "@fast-check/vitest";
import { afterAll, describe, expect, it } from "vitest";
import { capsuleDistance } from "../../hardware/safety/capsuleDistance.ts";
import type { ArmCommand } from "../../hardware/safety/armCommand.ts";
import { SafetyGate, type GateDecision } from "../../hardware/safety/safetyGate.ts";
import { defaultSafetyLimits as limits } from "../../hardware/safety/safetyLimits.ts";
import { arms, type Arm } from "../../src/core/cell.ts";
import { compilePrimitive } from "../../src/planning/primitive.ts";
import { createArmKinematics } from "../../src/robot/armKinematics.ts";
import { linkCapsules } from "../../src/robot/armShape.ts";
import { homeJointsRad } from "../../src/robot/fr3.ts";

const kinematics = await createArmKinematics();
afterAll(() => {
  kinematics.close();
});

const periodUs = 1e6 / limits.rateHz;
const roundingError = 1e-9;

/** One moment of a stream: what is asked, and what else happens in the period before. */
interface Moment {
  readonly joints: readonly number[] | "toTable" | "toOtherArm" | "onwards";
  readonly openingM: number;
  readonly isOtherOperator: boolean;
  readonly afterPeriods: number;
  readonly areStatesFresh: boolean;
}

const anyNumber = fc.oneof(
  { weight: 6, arbitrary: fc.double({ min: -4, max: 4, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(NaN, Infinity, -Infinity, 1e308, -0, 5e-324) },
);
const moment: fc.Arbitrary<Moment> = fc.record({
  joints: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom("toTable" as const, "toOtherArm" as const) },
    { weight: 2, arbitrary: fc.constant("onwards" as const) },
    { weight: 2, arbitrary: fc.array(anyNumber, { minLength: 7, maxLength: 7 }) },
    { weight: 1, arbitrary: fc.array(anyNumber, { maxLength: 9 }) },
  ),
  openingM: fc.oneof(fc.double({ min: -0.1, max: 0.2, noNaN: true }), anyNumber),
  isOtherOperator: fc.integer({ min: 0, max: 9 }).map((roll) => roll === 0),
  afterPeriods: fc.oneof(
    { weight: 6, arbitrary: fc.constant(1) },
    { weight: 1, arbitrary: fc.double({ min: 0, max: 5, noNaN: true }) },
  ),
  areStatesFresh: fc.integer({ min: 0, max: 9 }).map((roll) => roll > 0),
});

/** Postures of compiled primitives: the places where commands matter. */
const starts = ([-0.2, -0.1, 0.04] as const).flatMap((x) =>
  compilePostures("left", x).concat(compilePostures("left", x / 2)),
);
const otherPosture = compilePostures("right", 0.25)[1]!;
const adversary = {
  toTable: kinematics.reach("left", { x: -0.1, y: 0, z: -0.2 }, starts[1])!,
  toOtherArm: kinematics.reach("left", { x: 0.1, y: 0, z: 0.1 }, starts[1])!,
};

function compilePostures(arm: Arm, x: number): Float32Array[] {
  const { commands, phaseStarts } = compilePrimitive(kinematics, {
    arm,
    grasp: { x, y: 0.05, z: 0 },
    release: { x: arm === "left" ? x - 0.05 : x + 0.05, y: -0.1, z: 0 },
  });
  return phaseStarts.slice(1, 5).map((step) => commands.slice(step * 8, step * 8 + 7));
}

test.prop(
  [fc.constantFrom(...starts), fc.boolean(), fc.array(moment, { minLength: 1, maxLength: 14 })],
  { numRuns: 10_000 },
)(
  "not one command outside the limits leaves, whatever is asked and when",
  (start, near, moments) => {
    const gate = new SafetyGate({ kinematics, limits, isArmed: true });
    const other = near ? otherPosture : Float32Array.from(homeJointsRad);
    let nowUs = 1_000_000;
    let position: ArrayLike<number> = start;
    const report = () => {
      const joints = { left: position, right: other };
      for (const arm of arms) {
        gate.noteReport(arm, {
          joints: joints[arm],
          openingM: 0.06,
          isReady: true,
          receivedUs: nowUs,
        });
      }
      gate.noteFrame(nowUs);
    };
    report();
    const sent: { joints: ArrayLike<number>; openingM: number }[] = [
      { joints: start, openingM: 0.06 },
      { joints: start, openingM: 0.06 },
    ];
    for (const each of moments) {
      nowUs += Math.round(each.afterPeriods * periodUs);
      if (each.areStatesFresh) report();
      const decision = gate.decide(nowUs, commandOf(each, position));
      if (gate.haltedBy !== null) {
        expect(decision.sent).toBeNull();
        continue;
      }
      if (decision.sent === null) continue;
      sent.push(decision.sent);
      requireWithinLimits(sent.slice(-3), other);
      position = decision.sent.joints;
    }
  },
);

function commandOf(
  { joints, openingM, isOtherOperator }: Moment,
  position: ArrayLike<number>,
): ArmCommand {
  const asked =
    joints === "onwards"
      ? Array.from(position, (angle) => angle + 0.05)
      : typeof joints === "string"
        ? adversary[joints]
        : joints;
  return { arm: "left", primitive: isOtherOperator ? "another" : "one", joints: asked, openingM };
}

/** Checked by differences of what left, not by what the gate keeps of itself. */
function requireWithinLimits(
  [before, last, now]: readonly { joints: ArrayLike<number>; openingM: number }[],
  other: ArrayLike<number>,
): void {
  for (let joint = 0; joint < 7; joint++) {
    const [a, b, c] = [before!.joints[joint]!, last!.joints[joint]!, now!.joints[joint]!];
    const velocity = (c - b) * limits.rateHz;
    const acceleration = (velocity - (b - a) * limits.rateHz) * limits.rateHz;
    const speedMax = limits.jointVelocityRadPerS[joint]! + roundingError;
    const accelerationMax = limits.jointAccelerationRadPerS2[joint]! + 1e-6;
    requireBetween("position", c, limits.jointLowerRad[joint]!, limits.jointUpperRad[joint]!);
    requireBetween("velocity", velocity, -speedMax, speedMax);
    requireBetween("acceleration", acceleration, -accelerationMax, accelerationMax);
  }
  requireBetween("opening", now!.openingM, limits.openingMinM, limits.openingMaxM);
  const tool = kinematics.toolPoint("left", now!.joints);
  const { min, max } = limits.workspace;
  for (const axis of ["x", "y", "z"] as const) {
    requireBetween(axis, tool[axis], min[axis] - roundingError, max[axis] + roundingError);
  }
  const was = kinematics.toolPoint("left", last!.joints);
  const wentM = Math.sqrt((tool.x - was.x) ** 2 + (tool.y - was.y) ** 2 + (tool.z - was.z) ** 2);
  requireBetween("tool speed", wentM * limits.rateHz, 0, limits.toolSpeedMPerS + roundingError);
  const shape = linkCapsules(kinematics, "left", now!.joints, now!.openingM);
  const lowest = Math.min(
    ...shape.slice(1).map(({ a, b, radiusM }) => Math.min(a.z, b.z) - radiusM),
  );
  requireBetween("height", lowest, limits.tableClearanceM, Infinity);
  const others = linkCapsules(kinematics, "right", other, 0.06);
  const nearest = Math.min(
    ...shape.flatMap((one) => others.map((piece) => capsuleDistance(one, piece))),
  );
  requireBetween("distance of the arms", nearest, limits.armDistanceM, Infinity);
}

/** In place of `expect`, which for millions of numbers takes longer than the gate itself. */
function requireBetween(what: string, value: number, least: number, most: number): void {
  // No number is neither.
  if (value >= least && value <= most) return;
  throw new Error(`${what}: expected ${least} to ${most}, found ${value}`);
}

/** A gate with fresh reports of arms at home, at a time that stands on a command period. */
function gateAtHome() {
  const gate = new SafetyGate({ kinematics, limits, isArmed: true });
  const clock = { nowUs: 1_000_000 };
  const reports = (position: ArrayLike<number> = homeJointsRad, isReady = true) => {
    for (const arm of arms) {
      const joints = arm === "left" ? position : homeJointsRad;
      gate.noteReport(arm, { joints, openingM: 0.06, isReady, receivedUs: clock.nowUs });
    }
    gate.noteFrame(clock.nowUs);
  };
  reports();
  return { gate, clock, reports };
}

const primitive = compilePrimitive(kinematics, {
  arm: "left",
  grasp: { x: -0.1, y: 0.1, z: 0 },
  release: { x: 0.05, y: -0.1, z: 0 },
});

function commandAt(step: number, name = "p1"): ArmCommand {
  const joints = primitive.commands.subarray(step * 8, step * 8 + 7);
  return { arm: "left", primitive: name, joints, openingM: primitive.commands[step * 8 + 7]! };
}

/** Sends the first `count` commands of the primitive, the arm following at once. */
function play(
  { gate, clock, reports }: ReturnType<typeof gateAtHome>,
  count: number,
): GateDecision[] {
  return Array.from({ length: count }, (_, step) => {
    clock.nowUs += Math.round(periodUs);
    if (step > 0) reports(commandAt(step - 1).joints);
    return gate.decide(clock.nowUs, commandAt(step));
  });
}

describe("the safety gate", () => {
  it("lets a compiled primitive pass from its first to its last command as it is", () => {
    const decisions = play(gateAtHome(), primitive.stepCount);
    expect(decisions.flatMap(({ reasons }) => reasons)).toEqual([]);
    decisions.forEach(({ sent }, step) => {
      Array.from(commandAt(step).joints).forEach((angle, joint) => {
        expect(sent!.joints[joint]).toBeCloseTo(angle, 12);
      });
    });
  });

  test.prop([fc.integer({ min: 1, max: 80 }), fc.integer({ min: 0, max: 40_000 })])(
    "sends nothing but a halt once states are silent, within 100 ms",
    (steps, offsetUs) => {
      const cell = gateAtHome();
      play(cell, steps);
      const silentSinceUs = cell.clock.nowUs;
      const halts: number[] = [];
      for (let period = 1; period <= 12; period++) {
        const nowUs = silentSinceUs + Math.round(period * periodUs) + (offsetUs % 5000);
        const { sent, isHalt } = cell.gate.decide(nowUs, commandAt(steps + period));
        if (isHalt) halts.push(nowUs);
        if (nowUs > silentSinceUs + 100_000) expect(sent).toBeNull();
      }
      expect(halts).toHaveLength(1);
      expect(halts[0]! - silentSinceUs).toBeLessThanOrEqual(100_000);
    },
  );

  it("brakes within the limits when commands stop coming", () => {
    const cell = gateAtHome();
    play(cell, 25);
    const sent: GateDecision[] = [];
    for (let period = 0; period < 20; period++) {
      cell.clock.nowUs += Math.round(periodUs);
      cell.reports(sent.at(-1)?.sent?.joints ?? commandAt(24).joints);
      sent.push(cell.gate.decide(cell.clock.nowUs, null));
    }
    expect(sent[0]!.reasons).toEqual(["commandSilence"]);
    expect(sent[0]!.sent).not.toBeNull();
    expect(sent.at(-1)!.sent).toBeNull();
  });

  it("halts for the operator at once, and until it is released", () => {
    const cell = gateAtHome();
    play(cell, 25);
    cell.gate.stop("operatorStop");
    const halt = cell.gate.decide(cell.clock.nowUs, null);
    expect(halt).toMatchObject({ isHalt: true, sent: null, reasons: ["operatorStop"] });

    cell.clock.nowUs += Math.round(periodUs);
    cell.reports(commandAt(24).joints);
    expect(cell.gate.decide(cell.clock.nowUs, commandAt(25)).reasons).toEqual([
      "halted",
      "operatorStop",
    ]);
    expect(cell.gate.release(cell.clock.nowUs)).toBeNull();
    cell.clock.nowUs += Math.round(periodUs);
    expect(cell.gate.decide(cell.clock.nowUs, commandAt(24, "p2")).reasons).toEqual([]);
  });

  it.each(["robotMode", "trackingError", "staleFrame"] as const)("halts for %s", (reason) => {
    const cell = gateAtHome();
    play(cell, 25);
    cell.clock.nowUs += reason === "staleFrame" ? limits.frameTimeoutMs * 1000 + 1 : periodUs;
    const frameUs = cell.clock.nowUs - (reason === "staleFrame" ? 600_000 : 0);
    const position = reason === "trackingError" ? homeJointsRad.map((a) => a + 0.5) : undefined;
    cell.reports(position ?? commandAt(24).joints, reason !== "robotMode");
    cell.gate.noteFrame(frameUs);
    expect(cell.gate.decide(cell.clock.nowUs, commandAt(25))).toMatchObject({
      isHalt: true,
      reasons: [reason],
    });
  });

  it("refuses a second primitive while one is under way, and does not lose the first one's turn", () => {
    const cell = gateAtHome();
    play(cell, 25);
    cell.clock.nowUs += Math.round(periodUs);
    cell.reports(commandAt(24).joints);
    expect(cell.gate.decide(cell.clock.nowUs, commandAt(25, "intruder"))).toMatchObject({
      sent: null,
      reasons: ["otherPrimitive"],
    });
    expect(cell.gate.decide(cell.clock.nowUs, commandAt(25)).reasons).toEqual([]);
  });

  it("refuses a second command in one period", () => {
    const cell = gateAtHome();
    play(cell, 5);
    expect(cell.gate.decide(cell.clock.nowUs, commandAt(5)).reasons).toEqual(["tooSoon"]);
  });

  it("refuses everything before both arms have reported", () => {
    const gate = new SafetyGate({ kinematics, limits, isArmed: true });
    expect(gate.decide(1_000_000, commandAt(0))).toMatchObject({
      sent: null,
      reasons: ["staleState"],
    });
  });
});
