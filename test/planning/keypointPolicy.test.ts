import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { actionSpaceOf, feasibleActions, indexOfAction } from "../../src/core/actionSpace.ts";
import { keypointCount, topCamera } from "../../src/core/cell.ts";
import { createRandom } from "../../src/core/random.ts";
import { createKeypointPolicy, type KeypointPolicy } from "../../src/planning/keypointPolicy.ts";
import type { PlanRequest } from "../../src/ports/planner.ts";
import { randomKeypoints, untrainedPolicy } from "../learning/preferenceScenes.ts";

const checkpoint = untrainedPolicy();
let policy: KeypointPolicy;
beforeAll(async () => {
  policy = await createKeypointPolicy({ checkpoint, temperature: 1 });
});
afterAll(() => policy.release());

function request(changes: Partial<PlanRequest> = {}): PlanRequest {
  const random = createRandom("scene");
  return {
    task: "cloth",
    camera: topCamera,
    current: randomKeypoints(random),
    goal: randomKeypoints(random),
    candidateCount: 1,
    seed: "test",
    ...changes,
  };
}

const reachable = feasibleActions(request()).filter((isFeasible) => isFeasible === 1).length;
const probabilityOf = ({ logProbability }: { logProbability: number | null }) =>
  Math.exp(logProbability!);

describe("the keypoint policy", () => {
  it.each([0.5, 1, 2])(
    "at temperature %d gives the actions in reach all probability",
    async (temperature) => {
      const tempered = await createKeypointPolicy({ checkpoint, temperature });
      const all = await tempered.propose(request({ candidateCount: reachable }));
      await tempered.release();
      const total = all.map(probabilityOf).reduce((sum, p) => sum + p, 0);
      expect(total).toBeCloseTo(1, 5);
      const space = actionSpaceOf(request());
      const isFeasible = feasibleActions(request());
      const indices = all.map(({ action }) => indexOfAction(space, action));
      expect(new Set(indices).size).toBe(reachable);
      expect(indices.every((index) => isFeasible[index] === 1)).toBe(true);
    },
  );

  it("answers with the likeliest action when asked for one, whatever the seed", async () => {
    const all = await policy.propose(request({ candidateCount: reachable }));
    const [best] = await policy.propose(request({ seed: "another" }));
    expect(probabilityOf(best!)).toBe(Math.max(...all.map(probabilityOf)));
  });

  it("draws distinct candidates, the same for the same seed and others for another", async () => {
    const draw = (seed: string) => policy.propose(request({ candidateCount: 8, seed }));
    const first = await draw("a");
    const distinct = new Set(first.map(({ action }) => JSON.stringify(action)));
    expect(distinct.size).toBe(8);
    expect(await draw("a")).toEqual(first);
    expect(await draw("b")).not.toEqual(first);
  });

  it("draws each action first as often as its probability says", async () => {
    const draws = 400;
    const expected = new Map<string, number>();
    for (const candidate of await policy.propose(request({ candidateCount: reachable }))) {
      expected.set(JSON.stringify(candidate.action), probabilityOf(candidate));
    }
    const [likeliest, probability] = [...expected].sort((a, b) => b[1] - a[1])[0]!;
    let hits = 0;
    for (let seed = 0; seed < draws; seed++) {
      const [first] = await policy.propose(request({ candidateCount: 2, seed: `draw ${seed}` }));
      if (JSON.stringify(first!.action) === likeliest) hits++;
    }
    const deviation = Math.sqrt((probability * (1 - probability)) / draws);
    expect(Math.abs(hits / draws - probability)).toBeLessThan(4 * deviation);
  });

  it("spreads its probability at a higher temperature", async () => {
    const hot = await createKeypointPolicy({ checkpoint, temperature: 5 });
    const [cool, warm] = [await policy.propose(request()), await hot.propose(request())];
    await hot.release();
    expect(probabilityOf(warm[0]!)).toBeLessThan(probabilityOf(cool[0]!));
  });

  it("does not mind the order of the keypoints", async () => {
    const { current, goal } = request();
    const reversed = (points: Float32Array) =>
      points.map((_, at) => points[points.length - 2 - at + 2 * (at % 2)]!);
    const [forth] = await policy.propose(request());
    const [back] = await policy.propose(request({ current: reversed(current), goal: reversed(goal) })); // prettier-ignore
    expect(back!.action).toEqual({
      arm: forth!.action.arm,
      source: keypointCount - 1 - forth!.action.source,
      target: keypointCount - 1 - forth!.action.target,
    });
    expect(back!.logProbability).toBeCloseTo(forth!.logProbability!, 4);
  });

  it("names its weights and the arithmetic of the machine", () => {
    const { producer, gflopPerDecision } = policy;
    expect(producer.model).toMatch(/^[0-9a-f]{64}$/);
    expect(producer.fingerprint).toMatch(/onnxruntime/);
    expect(producer.config).toEqual({ temperature: 1 });
    expect(gflopPerDecision).toBeGreaterThan(0);
  });
});

describe("the keypoint policy refuses", () => {
  it("more candidates than there are distinct actions in reach", async () => {
    await expect(policy.propose(request({ candidateCount: reachable + 1 }))).rejects.toMatchObject({
      code: "CANDIDATES_EXHAUSTED",
    });
  });

  it("a goal identical to the start", async () => {
    const { current } = request();
    await expect(policy.propose(request({ goal: current }))).rejects.toMatchObject({
      code: "GOAL_REACHED_ALREADY",
    });
  });

  it("keypoint sets of another size than it was trained with", async () => {
    const current = request().current.slice(0, 10);
    await expect(policy.propose(request({ current }))).rejects.toMatchObject({
      code: "ARGUMENT_INVALID",
    });
  });

  it.each([0, 50, 3000, checkpoint.length - 1])(
    "a checkpoint cut off after %d bytes",
    async (length) => {
      await expect(
        createKeypointPolicy({ checkpoint: checkpoint.slice(0, length), temperature: 1 }),
      ).rejects.toMatchObject({ code: "CHECKPOINT_INVALID" });
    },
  );

  it("a checkpoint with a changed weight", async () => {
    const damaged = checkpoint.slice();
    damaged[damaged.length - 2000]! ^= 1;
    await expect(
      createKeypointPolicy({ checkpoint: damaged, temperature: 1 }),
    ).rejects.toMatchObject({ code: "CHECKPOINT_INVALID" });
  });

  it.each([0, -1, Number.NaN])("a temperature of %d", async (temperature) => {
    await expect(createKeypointPolicy({ checkpoint, temperature })).rejects.toMatchObject({
      code: "ARGUMENT_INVALID",
    });
  });
});
