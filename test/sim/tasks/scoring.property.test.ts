import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { tasks, type Task } from "../../../src/core/cell.ts";
import { createSimObject } from "../../../src/sim/objects/simObject.ts";
import { layOut } from "../../../src/sim/objects/pose.ts";
import {
  outcomeOf,
  scoreOutcome,
  shapeErrorM,
  tolerances,
} from "../../../src/sim/tasks/scoring.ts";

const metres = fc.double({ min: -0.1, max: 0.1, noNaN: true });

function lyingAt(task: Task, x: number, y: number): Float64Array {
  const { material, radiusM } = createSimObject(task).model;
  return layOut(material, { x, y, cosine: 1, sine: 0, side: 1 }, radiusM);
}

test.prop([fc.constantFrom(...tasks), metres, metres, metres, metres], { numRuns: 30 })(
  "the shape error is symmetric and no larger than the way moved",
  (task, ax, ay, bx, by) => {
    const object = createSimObject(task);
    const a = lyingAt(task, ax, ay);
    const b = lyingAt(task, bx, by);
    const errorM = shapeErrorM(object, a, b);
    expect(shapeErrorM(object, b, a)).toBe(errorM);
    const way = Math.sqrt((ax - bx) ** 2 + (ay - by) ** 2);
    // Both shapes are read off a grid of 5 mm.
    expect(errorM).toBeLessThanOrEqual(way + 0.006);
  },
);

test.prop([fc.constantFrom(...tasks), fc.double({ min: 0, max: 0.1, noNaN: true })])(
  "the score falls from 1 over ½ to 0 as the error grows",
  (task, errorM) => {
    const { fullM, halfM } = tolerances[task];
    const expected = errorM > halfM ? 0 : errorM > fullM ? 0.5 : 1;
    expect(outcomeOf(task, errorM)).toEqual({ score: expected, errorM });
  },
);

test("particles that changed places leave the score as it is: only shape and place count", () => {
  const straight = lyingAt("rope", 0, 0);
  const turned = straight.slice();
  for (let at = 0; at < straight.length; at += 3) {
    const from = straight.length - 3 - at;
    turned.set(straight.subarray(from, from + 3), at);
  }
  const outcome = scoreOutcome("rope", Float32Array.from(straight), Float32Array.from(turned));
  expect(outcome).toEqual({ score: 1, errorM: 0 });
});
