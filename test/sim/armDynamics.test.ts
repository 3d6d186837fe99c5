import { afterAll, describe, expect, it } from "vitest";
import { controlRateHz } from "../../src/core/cell.ts";
import { compilePrimitive } from "../../src/planning/primitive.ts";
import { createArmKinematics } from "../../src/robot/armKinematics.ts";
import { homeJointsRad } from "../../src/robot/fr3.ts";
import { createArmDynamics } from "../../src/sim/armDynamics.ts";
import { checkTrajectory } from "../../src/sim/trajectoryCheck.ts";

const kinematics = await createArmKinematics();
const dynamics = await createArmDynamics(controlRateHz);
afterAll(() => {
  kinematics.close();
  dynamics.close();
});

const requests = [
  { arm: "left", grasp: { x: -0.3, y: 0.3, z: 0 }, release: { x: 0.05, y: -0.1, z: 0 } },
  { arm: "right", grasp: { x: 0, y: 0.05, z: 0 }, release: { x: 0.2, y: 0.25, z: 0 } },
  { arm: "left", grasp: { x: 0, y: 0.2, z: 0 }, release: { x: -0.3, y: -0.3, z: 0 } },
] as const;

describe("arm dynamics", () => {
  it.each(requests)("the $arm arm follows its commands closely, but not exactly", (request) => {
    const primitive = compilePrimitive(kinematics, request);
    const { positions: commanded } = kinematics.handPathOf(primitive);
    const { positions: real } = dynamics.run(primitive).handPath;

    let largest = 0;
    for (let at = 0; at < real.length; at += 3) {
      const [dx, dy, dz] = [0, 1, 2].map((axis) => real[at + axis]! - commanded[at + axis]!);
      largest = Math.max(largest, Math.sqrt(dx! * dx! + dy! * dy! + dz! * dz!));
    }
    expect(largest).toBeGreaterThan(0.0005);
    expect(largest).toBeLessThan(0.008);
  });

  it("measures both arms, the still one at home", () => {
    const primitive = compilePrimitive(kinematics, requests[1]);
    const { states } = dynamics.run(primitive);
    expect(states).toHaveLength(primitive.stepCount * 2 * 8);
    const home = [...Float32Array.from(homeJointsRad)];
    for (let step = 0; step < primitive.stepCount; step++) {
      expect([...states.subarray(step * 16, step * 16 + 7)]).toEqual(home);
    }
    const last = states.subarray(states.length - 8, states.length - 1);
    home.forEach((angle, joint) => {
      expect(Math.abs(last[joint]! - angle)).toBeLessThan(0.01);
    });
  });

  it("gives the same bits whatever ran before", async () => {
    const primitive = compilePrimitive(kinematics, requests[0]);
    const first = dynamics.run(primitive);
    dynamics.run(compilePrimitive(kinematics, requests[2]));
    const fresh = await createArmDynamics(controlRateHz);
    expect(dynamics.run(primitive)).toEqual(first);
    expect(fresh.run(primitive)).toEqual(first);
    fresh.close();
  });
});

describe("checkTrajectory", () => {
  const primitive = compilePrimitive(kinematics, requests[0]);
  const changed = (at: number, value: number) => {
    const commands = primitive.commands.slice();
    commands[at] = value;
    return { ...primitive, commands };
  };

  it("lets a compiled primitive run", () => {
    expect(checkTrajectory(primitive, controlRateHz)).toBeNull();
  });

  it.each([
    ["another rate", { ...primitive, rateHz: 100 }, /30 Hz/],
    ["a wrong shape", { ...primitive, stepCount: 3 }, /3 steps of 8/],
    ["no steps", { ...primitive, commands: new Float32Array(), stepCount: 0 }, /one step or more/],
    ["NaN", changed(83, NaN), /finite/],
    ["a start away from home", changed(1, 0.5), /home/],
    ["an angle beyond the limits", changed(8 * 20 + 3, -3.1), /joint 4 .* within/],
    ["an opening beyond the limits", changed(8 * 20 + 7, 0.09), /finger opening/],
    ["a jump", changed(8 * 20 + 6, 2), /joint 7 at 5.26 rad\/s/],
  ])("refuses %s", (_, trajectory, reason) => {
    const refusal = checkTrajectory(trajectory, controlRateHz);
    expect(refusal?.reason).toMatch(reason);
    expect(refusal?.remedy).not.toBe("");
  });
});
