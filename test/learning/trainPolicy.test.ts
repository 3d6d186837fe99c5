import { describe, expect, test } from "vitest";
import { digestBytes } from "../../src/core/digest.ts";
import { decodePolicy } from "../../src/learning/policyCheckpoint.ts";
import { trainPolicy, type PolicyTraining, type PreferenceLoss, type TrainedPolicy } from "../../src/learning/trainPolicy.ts"; // prettier-ignore
import { shortestMovePreferences, untrainedPolicy } from "./preferenceScenes.ts";

const losses: readonly PreferenceLoss[] = [
  { kind: "orpo", lambda: 0.5, nllScope: "response" },
  { kind: "orpo", lambda: 1, nllScope: "none" },
  { kind: "dreamplanEq5" },
];

function training(changes: Partial<PolicyTraining> = {}): PolicyTraining {
  return {
    init: untrainedPolicy(),
    examples: shortestMovePreferences(60),
    loss: losses[0]!,
    steps: 20,
    learningRate: 3e-3,
    seed: "test",
    ...changes,
  };
}

/** Values of a column, in order of step. */
function columnOf({ columns, curve }: TrainedPolicy, name: string): number[] {
  const at = columns.indexOf(name);
  return [...curve].filter((_, index) => index % columns.length === at);
}

describe("fine-tuning a keypoint policy", () => {
  test.each(losses)("learns the preference it is shown, by $kind $nllScope", async (loss) => {
    const trained = await trainPolicy(
      training({ loss, steps: 120, examples: shortestMovePreferences(200) }),
    );
    const trainingLoss = columnOf(trained, "trainingLoss");
    const accuracy = columnOf(trained, "heldOutAccuracy");
    expect(trainingLoss.at(-1)).toBeLessThan(trainingLoss[0]!);
    expect(accuracy.at(-1)).toBeGreaterThan(0.7);
    expect(accuracy.at(-1)).toBeGreaterThan(accuracy[0]!);
  });

  test("keeps the last of the steps that ranked the held-out preferences best", async () => {
    const trained = await trainPolicy(training({ steps: 40, learningRate: 0.03 }));
    const accuracies = columnOf(trained, trained.selected.measure);
    const best = accuracies.lastIndexOf(Math.max(...accuracies));
    expect(trained.selected.step).toBe(columnOf(trained, "step")[best]);
    expect(trained.selected.value).toBeCloseTo(accuracies[best]!, 5);
    expect(decodePolicy(trained.checkpoint, "trained").provenance).toMatchObject({
      keptStep: trained.selected.step,
      examples: 60,
    });
  });

  test("gives equal bytes for equal seeds and others for another seed", async () => {
    const [first, again, other] = [
      await trainPolicy(training()),
      await trainPolicy(training()),
      await trainPolicy(training({ seed: "another" })),
    ].map(({ checkpoint }) => digestBytes(checkpoint));
    expect(again).toBe(first);
    expect(other).not.toBe(first);
  });

  test("reports every step", async () => {
    const seen: number[] = [];
    await trainPolicy(training({ steps: 5, onProgress: (done) => seen.push(done) }));
    expect(seen).toEqual([1, 2, 3, 4, 5]);
  });
});

describe("fine-tuning refuses", () => {
  const expectRefusal = (changes: Partial<PolicyTraining>, code: string) =>
    expect(trainPolicy(training(changes))).rejects.toMatchObject({ code });

  test.each([0, 100, 5000])("a checkpoint cut off after %d bytes", async (length) => {
    await expectRefusal({ init: untrainedPolicy().slice(0, length) }, "CHECKPOINT_INVALID");
  });

  test("a single example", async () => {
    await expectRefusal({ examples: shortestMovePreferences(1) }, "ARGUMENT_INVALID");
  });

  test("no steps", async () => {
    await expectRefusal({ steps: 0 }, "ARGUMENT_INVALID");
  });

  test("an example without negatives", async () => {
    const [first, second] = shortestMovePreferences(2);
    await expectRefusal({ examples: [{ ...first!, negatives: [] }, second!] }, "ARGUMENT_INVALID");
  });

  test("a positive that is among its negatives", async () => {
    const [first, second] = shortestMovePreferences(2);
    await expectRefusal(
      { examples: [{ ...first!, negatives: [first!.positive] }, second!] },
      "ARGUMENT_INVALID",
    );
  });

  test("an action out of the arms' reach", async () => {
    const [first, second] = shortestMovePreferences(2);
    const current = first!.current.slice();
    current[2 * first!.positive.source] = 0;
    await expectRefusal({ examples: [{ ...first!, current }, second!] }, "ARGUMENT_INVALID");
  });
});
