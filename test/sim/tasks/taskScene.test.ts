import { describe, expect, it } from "vitest";
import { tasks, workspaceSideM } from "../../../src/core/cell.ts";
import { createSimObject } from "../../../src/sim/objects/simObject.ts";
import { SoftBodySolver } from "../../../src/sim/physics/softBodySolver.ts";
import { outcomeOf, shapeErrorM } from "../../../src/sim/tasks/scoring.ts";
import { createTaskScene } from "../../../src/sim/tasks/taskScene.ts";

const seeds = Array.from({ length: 4 }, (_, at) => `taskScene/${at}`);

describe.each(tasks)("starts and goals of %s", (task) => {
  const object = createSimObject(task);
  const solver = new SoftBodySolver(object.model);
  const sceneOf = (seed: string) => createTaskScene(task, seed, object, solver);
  const scenes = seeds.map(sceneOf);

  it("are named by their seed, bit for bit, whatever was simulated in between", () => {
    expect(sceneOf(seeds[0]!)).toEqual(scenes[0]);
    expect(scenes[1]).not.toEqual(scenes[0]);
  });

  it("lie inside the workspace, on the table", () => {
    for (const { start, goal } of scenes) {
      for (const { positions } of [start, goal]) {
        const onTable = positions.filter((_, at) => at % 3 < 2).map(Math.abs);
        expect(Math.max(...onTable)).toBeLessThan(workspaceSideM / 2);
        expect(Math.min(...positions.filter((_, at) => at % 3 === 2))).toBeGreaterThan(0);
      }
    }
  });

  it("differ so much that doing nothing scores 0, and the goal itself scores 1", () => {
    for (const { start, goal } of scenes) {
      const idleM = shapeErrorM(object, start.positions, goal.positions);
      expect(outcomeOf(task, idleM).score).toBe(0);
      expect(outcomeOf(task, shapeErrorM(object, goal.positions, goal.positions))).toEqual({
        score: 1,
        errorM: 0,
      });
    }
  });
});
