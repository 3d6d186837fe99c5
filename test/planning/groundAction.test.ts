import { describe, expect, it } from "vitest";
import { feasibleActions } from "../../src/core/actionSpace.ts";
import { topCamera } from "../../src/core/cell.ts";
import { groundAction } from "../../src/planning/groundAction.ts";
import { pixelsAt } from "./tableScene.ts";

const scene = {
  camera: topCamera,
  current: pixelsAt([
    [-0.3, 0],
    [0.05, -0.1],
  ]),
  goal: pixelsAt([
    [0.3, 0.2],
    [0, 0.1],
  ]),
};

describe("grounding an action", () => {
  it("finds the places on the table that the keypoints show", () => {
    const { arm, grasp, release } = groundAction({ arm: "right", source: 1, target: 0 }, scene);
    expect(arm).toBe("right");
    expect(grasp.x).toBeCloseTo(0.05, 6);
    expect(grasp.y).toBeCloseTo(-0.1, 6);
    expect(release.x).toBeCloseTo(0.3, 6);
    expect(release.y).toBeCloseTo(0.2, 6);
    expect([grasp.z, release.z]).toEqual([0, 0]);
  });

  it("refuses a keypoint that is not there", () => {
    expect(() => groundAction({ arm: "left", source: 2, target: 0 }, scene)).toThrow(
      expect.objectContaining({ code: "ARGUMENT_INVALID" }) as Error,
    );
  });
});

describe("feasible actions", () => {
  it("are those whose arm reaches both ends", () => {
    // left: sources 0 and 1 but only target 1; right: source 1 only, both targets.
    expect([...feasibleActions(scene)]).toEqual([0, 1, 0, 1, 0, 0, 1, 1]);
  });
});
