import { fc, test } from "@fast-check/vitest";
import { afterAll, describe, expect, it } from "vitest";
import { arms, controlRateHz, type GraspAndRelease } from "../../src/core/cell.ts";
import {
  graspHeightM,
  liftHeightM,
  holdingOpeningM,
  primitivePhases,
  releaseHeightM,
} from "../../src/core/primitive.ts";
import { isDreamlogError } from "../../src/core/errors.ts";
import { compilePrimitive, type CompiledPrimitive } from "../../src/planning/primitive.ts";
import { createArmKinematics } from "../../src/robot/armKinematics.ts";
import {
  homeJointsRad,
  jointAccelerationRadPerS2,
  jointLowerRad,
  jointUpperRad,
  jointVelocityRadPerS,
} from "../../src/robot/fr3.ts";

const kinematics = await createArmKinematics();
afterAll(() => {
  kinematics.close();
});

const tablePoint = fc.record({
  x: fc.double({ min: -0.4, max: 0.4, noNaN: true }),
  y: fc.double({ min: -0.4, max: 0.4, noNaN: true }),
  z: fc.constant(0),
});
const action: fc.Arbitrary<GraspAndRelease> = fc.record({
  arm: fc.constantFrom(...arms),
  grasp: tablePoint,
  release: tablePoint,
});

/** @returns null when the action is refused in the proper way; any other error fails the test. */
function compileOrRefuse(request: GraspAndRelease): CompiledPrimitive | null {
  try {
    return compilePrimitive(kinematics, request);
  } catch (error) {
    if (!isDreamlogError(error, "ACTION_REFUSED")) throw error;
    expect(error.context["remedy"]).toMatch(/^choose/);
    return null;
  }
}

function peakDifference(values: Float32Array, stride: number): number[] {
  const peaks = Array.from({ length: stride }, () => 0);
  for (let at = stride; at < values.length; at++) {
    const joint = at % stride;
    peaks[joint] = Math.max(peaks[joint]!, Math.abs(values[at]! - values[at - stride]!));
  }
  return peaks;
}

test.prop([action])(
  "whatever is asked: refused with a remedy, or within position, velocity and acceleration limits",
  (request) => {
    const primitive = compileOrRefuse(request);
    if (primitive === null) return;
    const { commands, stepCount } = primitive;

    expect(commands).toHaveLength(stepCount * 8);
    const velocities = commands.map((value, at) => (at < 8 ? 0 : value - commands[at - 8]!));
    const velocityPeaks = peakDifference(commands, 8);
    const accelerationPeaks = peakDifference(velocities, 8);
    for (let joint = 0; joint < 7; joint++) {
      const angles = commands.filter((_, at) => at % 8 === joint);
      expect(Math.min(...angles)).toBeGreaterThanOrEqual(jointLowerRad[joint]!);
      expect(Math.max(...angles)).toBeLessThanOrEqual(jointUpperRad[joint]!);
      expect(velocityPeaks[joint]! * controlRateHz).toBeLessThan(jointVelocityRadPerS[joint]!);
      expect(accelerationPeaks[joint]! * controlRateHz ** 2).toBeLessThan(
        jointAccelerationRadPerS2,
      );
    }
  },
);

test.prop([action])(
  "a compiled primitive starts and ends at home, grasps and releases where it was told",
  (request) => {
    const primitive = compileOrRefuse(request);
    if (primitive === null) return;
    const { commands, stepCount, phaseStarts } = primitive;
    const path = kinematics.handPathOf(primitive);
    const home = [...Float32Array.from(homeJointsRad)];
    const start = (phase: (typeof primitivePhases)[number]) =>
      phaseStarts[primitivePhases.indexOf(phase)]!;
    const pointAt = (step: number) => [...path.positions.subarray(step * 3, step * 3 + 3)];
    const expectNear = (found: number[], { x, y }: { x: number; y: number }, z: number) => {
      [x, y, z].forEach((value, axis) => {
        expect(found[axis]).toBeCloseTo(value, 4);
      });
    };

    expect([...commands.subarray(0, 7)]).toEqual(home);
    expect([...commands.subarray((stepCount - 1) * 8, stepCount * 8 - 1)]).toEqual(home);
    expectNear(pointAt(start("lift") - 1), request.grasp, graspHeightM);
    expect(path.openings[start("lift") - 1]).toBeCloseTo(holdingOpeningM, 6);
    const closed = path.openings.subarray(start("lift"), start("release"));
    expect(Math.max(...closed)).toBeCloseTo(holdingOpeningM, 6);
    expectNear(pointAt(start("return") - 1), request.release, releaseHeightM);
    const carried = path.positions.filter(
      (_, at) => at % 3 === 2 && at >= start("transport") * 3 && at < start("release") * 3,
    );
    expect(Math.min(...carried)).toBeGreaterThan(liftHeightM - 0.01);
    expect([...phaseStarts].sort((a, b) => a - b)).toEqual(phaseStarts);
  },
);

describe("compilePrimitive", () => {
  it.each([
    ["outsideWorkspace", { x: -0.5, y: 0, z: 0 }],
    ["reservedZone", { x: 0.25, y: 0, z: 0 }],
    ["outOfReach", { x: 0.13, y: 0.33, z: 0 }],
  ])("refuses the left arm for the reason %s", (reason, release) => {
    const grasp = { x: -0.1, y: 0, z: 0 };
    let refusal: unknown;
    try {
      compilePrimitive(kinematics, { arm: "left", grasp, release });
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toMatchObject({ code: "ACTION_REFUSED", context: { reason } });
  });

  it("takes some four seconds and gives the same bits again", () => {
    const request: GraspAndRelease = {
      arm: "right",
      grasp: { x: 0.1, y: -0.1, z: 0 },
      release: { x: 0.0, y: 0.15, z: 0 },
    };
    const primitive = compilePrimitive(kinematics, request);
    expect(primitive.stepCount).toBeGreaterThan(85);
    expect(primitive.stepCount).toBeLessThan(130);
    expect(compilePrimitive(kinematics, request)).toEqual(primitive);
  });

  it("takes hold of and lets go at the same point when told to", () => {
    const point = { x: -0.2, y: 0.1, z: 0 };
    const { phaseStarts, stepCount } = compilePrimitive(kinematics, {
      arm: "left",
      grasp: point,
      release: point,
    });
    expect(phaseStarts.at(-1)).toBeLessThan(stepCount);
  });
});
