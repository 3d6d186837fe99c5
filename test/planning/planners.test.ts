import { describe, expect, it } from "vitest";
import type { KeypointAction } from "../../src/core/cell.ts";
import { groundAction } from "../../src/planning/groundAction.ts";
import { createMatcherPlanner } from "../../src/planning/matcherPlanner.ts";
import { createOraclePlanner, exhaustiveSearch } from "../../src/planning/oraclePlanner.ts";
import { createRandomPlanner } from "../../src/planning/randomPlanner.ts";
import { createScriptedPlanner } from "../../src/planning/scriptedPlanner.ts";
import type { Planner } from "../../src/ports/planner.ts";
import { planRequest } from "./tableScene.ts";

const line = [
  [-0.15, 0],
  [-0.05, 0],
  [0.05, 0],
  [0.15, 0],
] as const;
const lineWithStrayEnd = [line[0], line[1], line[2], [0.05, 0.2]] as const;

const distinctCount = (actions: readonly KeypointAction[]) =>
  new Set(actions.map(({ arm, source, target }) => `${arm}${source}/${target}`)).size;

/** Squared distance between where the action lets go and a place the test prefers. */
const awayFrom =
  (x: number, y: number): Parameters<typeof createOraclePlanner>[0]["evaluate"] =>
  async (action, request) => {
    const { release } = groundAction(action, request);
    return Promise.resolve((release.x - x) ** 2 + (release.y - y) ** 2);
  };

const planners: readonly (readonly [string, () => Planner])[] = [
  ["random", createRandomPlanner],
  ["matcher", createMatcherPlanner],
  ["oracle", () => createOraclePlanner({ evaluate: awayFrom(0, 0), search: exhaustiveSearch })],
];

describe.each(planners)("the %s planner", (_name, create) => {
  it("gives as many distinct candidates as asked for", async () => {
    const candidates = await create().propose(planRequest(lineWithStrayEnd, line, 4));
    expect(candidates).toHaveLength(4);
    expect(distinctCount(candidates.map(({ action }) => action))).toBe(4);
  });

  it("answers equal requests equally", async () => {
    const request = planRequest(lineWithStrayEnd, line, 3);
    expect(await create().propose(request)).toEqual(await create().propose(request));
  });

  it("says when there are not so many actions", async () => {
    await expect(create().propose(planRequest(lineWithStrayEnd, line, 1000))).rejects.toMatchObject(
      { code: "CANDIDATES_EXHAUSTED" },
    );
  });

  it("says when the goal is reached already", async () => {
    await expect(create().propose(planRequest(line, line))).rejects.toMatchObject({
      code: "GOAL_REACHED_ALREADY",
    });
  });

  it("says when everything lies out of reach", async () => {
    const far = [
      [0, 0.9],
      [0.1, 0.9],
    ] as const;
    await expect(create().propose(planRequest(far, line.slice(0, 2)))).rejects.toMatchObject({
      code: "CANDIDATES_EXHAUSTED",
    });
  });
});

describe("the random planner", () => {
  it("draws otherwise with another seed", async () => {
    const one = await createRandomPlanner().propose(planRequest(lineWithStrayEnd, line, 4, "a"));
    const two = await createRandomPlanner().propose(planRequest(lineWithStrayEnd, line, 4, "b"));
    expect(one).not.toEqual(two);
  });
});

describe("the matcher", () => {
  it("brings the stray keypoint to the place nobody else takes, by an arm that reaches", async () => {
    const [candidate] = await createMatcherPlanner().propose(planRequest(lineWithStrayEnd, line));
    expect(candidate?.action).toEqual({ arm: "right", source: 3, target: 3 });
  });

  it("refuses keypoint sets of different size", async () => {
    await expect(
      createMatcherPlanner().propose(planRequest(line, line.slice(0, 3))),
    ).rejects.toMatchObject({ code: "ARGUMENT_INVALID" });
  });
});

describe("the oracle", () => {
  it("finds the best action of all when it tries all", async () => {
    const planner = createOraclePlanner({
      evaluate: awayFrom(0.15, 0),
      search: exhaustiveSearch,
    });
    const [candidate] = await planner.propose(planRequest(lineWithStrayEnd, line));
    expect(candidate?.action.target).toBe(3);
  });

  it("finds it coarse to fine with fewer tries", async () => {
    const places = Array.from(
      { length: 12 },
      (_, at) => [0.05 * ((at * 5) % 12) - 0.27, 0] as const,
    );
    const current = places.map(([x, y]) => [x, y + 0.05] as const);
    let tries = 0;
    const evaluate = awayFrom(-0.05, 0);
    const planner = createOraclePlanner({
      evaluate: (action, request) => {
        tries++;
        return evaluate(action, request);
      },
      search: { coarseCount: 6, keptCount: 2, neighbourCount: 2, roundCount: 2 },
    });
    const [candidate] = await planner.propose(planRequest(current, places));
    const { release } = groundAction(candidate!.action, planRequest(current, places));
    expect(Math.abs(release.x + 0.05)).toBeLessThan(0.03);
    expect(tries).toBeLessThan(72);
  });
});

describe("the scripted planner", () => {
  it("gives its answers in order and then no more", async () => {
    const action = { arm: "left", source: 0, target: 1 } as const;
    const planner = createScriptedPlanner([[{ action, logProbability: -1 }]]);
    const request = planRequest(lineWithStrayEnd, line);
    expect(await planner.propose(request)).toEqual([{ action, logProbability: -1 }]);
    await expect(planner.propose(request)).rejects.toMatchObject({ code: "CANDIDATES_EXHAUSTED" });
  });
});
