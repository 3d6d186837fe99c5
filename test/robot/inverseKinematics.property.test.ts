import { fc, test } from "@fast-check/vitest";
import { afterAll, expect } from "vitest";
import { arms } from "../../src/core/cell.ts";
import { createArmKinematics } from "../../src/robot/armKinematics.ts";
import { jointLowerRad, jointUpperRad, toWorld } from "../../src/robot/fr3.ts";

const kinematics = await createArmKinematics();
afterAll(() => {
  kinematics.close();
});

/** Above the table in front of the base, between 0.35 and 0.74 m away from it. */
const reachable = fc
  .record({
    arm: fc.constantFrom(...arms),
    x: fc.double({ min: 0.25, max: 0.74, noNaN: true }),
    y: fc.double({ min: -0.36, max: 0.36, noNaN: true }),
    z: fc.double({ min: 0.005, max: 0.25, noNaN: true }),
  })
  .filter(({ x, y }) => x * x + y * y > 0.35 ** 2 && x * x + y * y < 0.74 ** 2);

test.prop([reachable])(
  "every point within reach is reached: tool there, pointing down, joints inside their limits",
  ({ arm, x, y, z }) => {
    const point = toWorld(arm, { x, y, z });

    const joints = kinematics.reach(arm, point);

    expect(joints).not.toBeNull();
    const tool = kinematics.toolPoint(arm, joints!);
    const hand = kinematics.bodyFrames(arm, joints!).at(-1)!;
    expect(Math.abs(tool.x - point.x)).toBeLessThan(1e-5);
    expect(Math.abs(tool.y - point.y)).toBeLessThan(1e-5);
    expect(Math.abs(tool.z - point.z)).toBeLessThan(1e-5);
    expect(hand.axes[8]).toBeLessThan(-1 + 1e-7);
    joints!.forEach((angle, joint) => {
      expect(angle).toBeGreaterThanOrEqual(jointLowerRad[joint]!);
      expect(angle).toBeLessThanOrEqual(jointUpperRad[joint]!);
    });
  },
);
