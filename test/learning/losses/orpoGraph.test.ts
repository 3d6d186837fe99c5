import { describe, expect, test } from "vitest";
import { gradientsOf } from "../../../src/learning/graph/gradients.ts";
import { Graph } from "../../../src/learning/graph/graph.ts";
import { sumOfAll } from "../../../src/learning/graph/reduce.ts";
import { dreamplanEq5, dreamplanEq5Loss } from "../../../src/learning/losses/dreamplanEq5.ts";
import { mean } from "../../../src/learning/losses/logProbability.ts";
import { oddsRatio, orpoLoss } from "../../../src/learning/losses/orpo.ts";
import { oddsRatioLoss, orpo, type PreferenceValues } from "../../../src/learning/losses/orpoGraph.ts"; // prettier-ignore
import type { Value } from "../../../src/learning/graph/graph.ts";
import { createPredictor } from "../../../src/learning/predictor.ts";
import { expectExactGradients } from "../graph/checkGradients.ts";
import { testVectors, tokenExample } from "./testVectors.ts";

/** Runs a loss of one preference after the other with the slopes by both log-probabilities. */
async function evaluate(
  loss: (preferences: PreferenceValues) => Value,
  rows: readonly { readonly chosen: number; readonly rejected: number }[],
) {
  const graph = new Graph();
  const chosen = graph.input("chosen", [rows.length], true);
  const rejected = graph.input("rejected", [rows.length], true);
  const losses = loss({ chosen, rejected });
  const [byChosen, byRejected] = gradientsOf(sumOfAll(losses), [chosen, rejected]);
  const predictor = await createPredictor({
    graph,
    outputs: { losses, byChosen: byChosen!, byRejected: byRejected! },
    weights: new Float32Array(),
  });
  const results = await predictor.run({
    chosen: Float32Array.from(rows, (row) => row.chosen),
    rejected: Float32Array.from(rows, (row) => row.rejected),
  });
  await predictor.release();
  return rows.map((_, row) => ({
    loss: Number(results.losses![row]),
    chosen: Number(results.byChosen![row]),
    rejected: Number(results.byRejected![row]),
  }));
}

/** As near as float32 arguments and arithmetic allow. */
function expectNear(found: number, expected: number): void {
  expect(Math.abs(found - expected)).toBeLessThanOrEqual(2e-7 + 2e-5 * Math.abs(expected));
}

describe("the graph's losses agree with the float64 reference at every test vector", () => {
  test("odds-ratio loss and its gradient", async () => {
    const found = await evaluate(oddsRatioLoss, testVectors);
    testVectors.forEach((vector, row) => {
      expectNear(found[row]!.loss, vector.oddsRatioLoss);
      expectNear(found[row]!.chosen, vector.gradient.chosen);
      expectNear(found[row]!.rejected, vector.gradient.rejected);
    });
  });

  test("ORPO with the likelihood of the response", async () => {
    const settings = { lambda: 0.1, nllScope: "response" } as const;
    const found = await evaluate((preferences) => orpo(preferences, settings), testVectors);
    testVectors.forEach((vector, row) => {
      expectNear(found[row]!.loss, vector.orpo);
      expectNear(found[row]!.chosen, 0.1 * vector.gradient.chosen - 1);
      expectNear(found[row]!.rejected, 0.1 * vector.gradient.rejected);
    });
  });

  test("Eq. (5) of DreamPlan", async () => {
    const found = await evaluate(({ chosen, rejected }) => dreamplanEq5(chosen, rejected), testVectors); // prettier-ignore
    testVectors.forEach(({ chosen, rejected }, row) => {
      expectNear(found[row]!.loss, dreamplanEq5Loss(chosen, rejected));
    });
  });

  test("certain answers give finite losses and no gradient of their own", async () => {
    const rows = [
      { chosen: 0, rejected: -3 },
      { chosen: 0, rejected: 0 },
      { chosen: -3, rejected: 0 },
    ];
    const found = await evaluate(oddsRatioLoss, rows);
    rows.forEach(({ chosen, rejected }, row) => {
      const expected = oddsRatio(chosen, rejected);
      expectNear(found[row]!.loss, expected.loss);
      expectNear(found[row]!.chosen, expected.gradient.chosen);
      expectNear(found[row]!.rejected, expected.gradient.rejected);
    });
  });
});

test.each(["response", "prompt+response", "none"] as const)(
  "ORPO over several tokens with the likelihood of %s",
  async (nllScope) => {
    const { chosen, rejected, prompt } = tokenExample;
    const settings = { lambda: 0.1, nllScope };
    const [found] = await evaluate(
      (values) =>
        orpo(
          {
            ...values,
            prompt: {
              logProbability: values.chosen.graph.constant([1], Float32Array.of(mean(prompt))),
              tokenShare: prompt.length / (prompt.length + chosen.length),
            },
          },
          settings,
        ),
      [{ chosen: mean(chosen), rejected: mean(rejected) }],
    );
    expectNear(found!.loss, orpoLoss(tokenExample, settings));
  },
);

describe("gradients agree with finite differences", () => {
  const losses = {
    oddsRatioLoss,
    orpo: (values: PreferenceValues) => orpo(values, { lambda: 0.5, nllScope: "response" }),
    orpoWithPrompt: (values: PreferenceValues) =>
      orpo(
        { ...values, prompt: { logProbability: values.rejected, tokenShare: 0.3 } },
        { lambda: 0.5, nllScope: "prompt+response" },
      ),
    dreamplanEq5: ({ chosen, rejected }: PreferenceValues) => dreamplanEq5(chosen, rejected),
  };
  test.each(Object.entries(losses))("%s", async (_, loss) => {
    await expectExactGradients({
      shapes: { chosen: [3, 4], rejected: [3, 4] },
      f: ({ chosen, rejected }) => loss({ chosen: chosen!, rejected: rejected! }),
      draw: (random) => random.between(-4, -0.2),
    });
  });
});
