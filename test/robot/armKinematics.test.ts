import { afterAll, describe, expect, it } from "vitest";
import { createArmKinematics } from "../../src/robot/armKinematics.ts";
import { homeJointsRad, toBase, toWorld } from "../../src/robot/fr3.ts";
import { linkCapsules } from "../../src/robot/armShape.ts";
import { topCamera, cropWindow } from "../../src/core/cell.ts";
import { createRenderTarget } from "../../src/media/raster.ts";
import { drawCapsules } from "../../src/media/rasterCapsules.ts";

const kinematics = await createArmKinematics();
afterAll(() => {
  kinematics.close();
});

/** Product of the FR3's modified Denavit–Hartenberg transforms, by hand: the tool's position. */
function toolByDenavitHartenberg(joints: readonly number[]): number[] {
  const table = [
    { a: 0, d: 0.333, alpha: 0 },
    { a: 0, d: 0, alpha: -Math.PI / 2 },
    { a: 0, d: 0.316, alpha: Math.PI / 2 },
    { a: 0.0825, d: 0, alpha: Math.PI / 2 },
    { a: -0.0825, d: 0.384, alpha: -Math.PI / 2 },
    { a: 0, d: 0, alpha: Math.PI / 2 },
    { a: 0.088, d: 0, alpha: Math.PI / 2 },
  ];
  // From the tool back to the base: p' = Rx(α) (Rz(θ) p + (0, 0, d)) + (a, 0, 0).
  let [x, y, z] = [0, 0, 0.107 + 0.1034];
  for (let joint = 6; joint >= 0; joint--) {
    const { a, d, alpha } = table[joint]!;
    const angle = joints[joint]!;
    const turnedX = Math.cos(angle) * x - Math.sin(angle) * y;
    const turnedY = Math.sin(angle) * x + Math.cos(angle) * y;
    const along = z + d;
    x = turnedX + a;
    y = Math.cos(alpha) * turnedY - Math.sin(alpha) * along;
    z = Math.sin(alpha) * turnedY + Math.cos(alpha) * along;
  }
  return [x, y, z];
}

describe("forward kinematics", () => {
  it("puts the tool of Franka's ready pose where Franka says", () => {
    const ready = [0, -Math.PI / 4, 0, (-3 * Math.PI) / 4, 0, Math.PI / 2, Math.PI / 4];
    const { x, y, z } = toBase("left", kinematics.toolPoint("left", ready));
    expect(x).toBeCloseTo(0.3069, 4);
    expect(y).toBeCloseTo(0, 9);
    expect(z).toBeCloseTo(0.4869, 4);
  });

  it("agrees with the Denavit–Hartenberg product at a crooked pose", () => {
    const joints = [0.4, -0.3, 0.7, -1.9, -0.5, 2.1, 1.2];
    const { x, y, z } = toBase("left", kinematics.toolPoint("left", joints));
    toolByDenavitHartenberg(joints).forEach((value, axis) => {
      expect([x, y, z][axis]).toBeCloseTo(value, 12);
    });
  });

  it("turns the right arm by half a turn about z", () => {
    const left = kinematics.toolPoint("left", homeJointsRad);
    expect(kinematics.toolPoint("right", homeJointsRad)).toEqual({
      x: -left.x,
      y: -left.y,
      z: left.z,
    });
    const point = { x: 0.25, y: -0.5, z: 0.125 };
    expect(toWorld("right", toBase("right", point)).x).toBeCloseTo(0.25, 15);
  });
});

describe("inverse kinematics", () => {
  it("says so when a point is out of reach", () => {
    expect(kinematics.reach("left", { x: 0.4, y: 0.3, z: 0.05 })).toBeNull();
    expect(kinematics.reach("right", { x: 0.4, y: 0.3, z: 0.05 })).not.toBeNull();
  });

  it("gives the same bits whatever was asked before", async () => {
    const point = { x: -0.1, y: 0.2, z: 0.03 };
    const first = kinematics.reach("left", point);
    kinematics.reach("right", { x: 0.2, y: -0.1, z: 0.3 });
    const fresh = await createArmKinematics();
    expect(kinematics.reach("left", point)).toEqual(first);
    expect(fresh.reach("left", point)).toEqual(first);
    fresh.close();
  });
});

describe("the arms' shape", () => {
  it("leaves the workspace in view while both arms wait at home", () => {
    const target = createRenderTarget(topCamera.widthPx, topCamera.heightPx);
    for (const arm of ["left", "right"] as const) {
      const capsules = linkCapsules(kinematics, arm, homeJointsRad, 0.08);
      drawCapsules(
        target,
        topCamera,
        capsules.map((capsule) => ({ ...capsule, color: [255, 255, 255] })),
        1,
      );
    }
    const window = cropWindow(topCamera);
    const covered = target.id.filter((id, pixel) => {
      const x = pixel % target.widthPx;
      return id > 0 && x >= window.x - 20 && x < window.x + window.width + 20;
    });
    expect(covered).toHaveLength(0);
    expect(target.id.some((id) => id > 0)).toBe(true);
  });

  it("ends in two fingertips on either side of the closing point", () => {
    const capsules = linkCapsules(kinematics, "right", homeJointsRad, 0.05);
    const fingers = capsules.filter(({ part }) => part === "finger");
    const tool = kinematics.toolPoint("right", homeJointsRad);
    const distances = fingers.map(({ b, radiusM }) => {
      const [dx, dy, dz] = [b.x - tool.x, b.y - tool.y, b.z - tool.z];
      return Math.sqrt(dx * dx + dy * dy + dz * dz) - radiusM;
    });
    expect(distances[0]).toBeCloseTo(0.025, 9);
    expect(distances[1]).toBeCloseTo(0.025, 9);
  });
});
