import { fc } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { topCamera, type KeypointAction } from "../../src/core/cell.ts";
import { eventDefinitions } from "../../src/events/registry.ts";
import type { Planner } from "../../src/ports/planner.ts";
import { actionsToChooseFrom } from "../../src/planning/planRequest.ts";
import {
  arbitraryEventOf,
  arbitraryKeypoints,
  createMatcherPlanner,
  dreamlogMatchers,
  preferredShare,
  saveRun,
  toReplayExactly,
  toScoreNoWorseThan,
  type Preference,
} from "../../src/testing/index.ts";
import { temporaryPath } from "../store/temporaryLog.ts";

expect.extend(dreamlogMatchers);

const [current, goal] = fc.sample(arbitraryKeypoints(), { numRuns: 2, seed: 1 }) as [
  Float32Array,
  Float32Array,
];
const scene = { task: "rope", camera: topCamera, current, goal } as const;
const actions = actionsToChooseFrom({ ...scene, candidateCount: 1, seed: "" });

/** Likes actions in the order of their number, or the other way round. */
function orderedPlanner(order: "rising" | "falling", withProbabilities: boolean): Planner {
  const { producer } = createMatcherPlanner();
  const sorted = order === "rising" ? actions : actions.toReversed();
  return {
    producer,
    propose: ({ candidateCount }) =>
      Promise.resolve(
        sorted
          .map((action, place) => ({ action, logProbability: withProbabilities ? -place : null }))
          .slice(0, candidateCount),
      ),
  };
}

function preference(positive: KeypointAction, ...negatives: KeypointAction[]): Preference {
  return { ...scene, positive, negatives };
}

describe("toPreferAtLeast", () => {
  const preferences = [
    preference(actions[0]!, actions[5]!, actions[9]!),
    preference(actions[8]!, actions[2]!, actions[9]!),
  ];

  it.each([true, false])(
    "counts the pairs a planner agrees with (probabilities: %s)",
    async (has) => {
      expect(await preferredShare(orderedPlanner("rising", has), preferences)).toBe(0.75);
      expect(await preferredShare(orderedPlanner("falling", has), preferences)).toBe(0.25);
    },
  );

  it("fails a planner below the share, and says what it found", async () => {
    await expect(orderedPlanner("rising", true)).toPreferAtLeast(0.75, preferences);
    await expect(
      expect(orderedPlanner("falling", true)).toPreferAtLeast(0.5, preferences),
    ).rejects.toThrow(/at least 0.5 of the pairs, found 0.250/);
  });
});

describe("toReplayExactly", () => {
  it("does not pass a log whose events cannot be computed here", async () => {
    const path = temporaryPath();
    const outcome = eventDefinitions.find(({ type }) => type === "evaluation.outcomeScored");
    const [scored] = fc.sample(arbitraryEventOf(outcome!), { numRuns: 1, seed: 1 });
    await saveRun([{ parent: null, events: [scored!], isClosed: true }], path);

    const { pass, message } = await toReplayExactly(path);

    expect(pass).toBe(false);
    expect(message()).toMatch(/to replay exactly, found it incomplete: testing.generated/);
  });
});

describe("toScoreNoWorseThan", () => {
  it("does not pass a planner for one tie with itself, and says how many trials it takes", async () => {
    const planner = createMatcherPlanner();
    const { pass, message } = await toScoreNoWorseThan(planner, planner, {
      tasks: ["toy"],
      trials: 1,
    });
    expect(pass).toBe(false);
    expect(message()).toMatch(/found "too few trials" \(about 30 more would tell\)/);
  });
});
