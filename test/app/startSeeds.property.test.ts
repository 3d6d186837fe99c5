import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { tasks } from "../../src/core/cell.ts";
import { evaluationStartSeed } from "../../src/app/evaluationTrials.ts";
import { trainingStartSeed } from "../../src/app/runContext.ts";
import { createSimObject } from "../../src/sim/objects/simObject.ts";
import { SoftBodySolver } from "../../src/sim/physics/softBodySolver.ts";
import { createTaskScene } from "../../src/sim/tasks/taskScene.ts";

const task = fc.constantFrom(...tasks);
/** Seeds are whole numbers on the command line; in code they may be any text. */
const runSeed = fc.oneof(
  fc.nat().map(String),
  fc.string(),
  fc.constantFrom("evaluate", "../evaluate", "/"),
);

test.prop([runSeed, task, fc.nat(), task, fc.nat()], { numRuns: 2000 })(
  "no training start has the name of an evaluation start, whatever the run's seed",
  (seed, trainingTask, index, evaluationTask, start) => {
    expect(trainingStartSeed(seed, trainingTask, index)).not.toBe(
      evaluationStartSeed({ task: evaluationTask, start }),
    );
  },
);

test("starts of different names are different scenes", () => {
  const object = createSimObject("rope");
  const solver = new SoftBodySolver(object.model);
  const names = Array.from({ length: 20 }, (_, at) => [
    trainingStartSeed("0", "rope", at),
    evaluationStartSeed({ task: "rope", start: at }),
  ]).flat();
  const scenes = names.map((name) => {
    const { start, goal } = createTaskScene("rope", name, object, solver);
    return [...start.positions, ...goal.positions].join();
  });
  expect(new Set(scenes).size).toBe(names.length);
});
