import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const operatorFolder = new URL("../../../src/learning/graph/", import.meta.url);
const gradientTests = readFileSync(new URL("./gradients.test.ts", import.meta.url), "utf8").replace(
  /^import .*$/gm,
  "",
);

/** Exported from the folder of operators without a gradient of their own. */
const notOperators = [
  // Graph building, the backward pass, the optimiser and first weights.
  ...[
    "itemCount",
    "isSameShape",
    "gradientsOf",
    "adamStep",
    "defaultAdamSettings",
    "zeros",
    "ones",
    "scaledNormal",
  ],
  // By definition: no gradient comes back.
  "stopGradient",
];

/** Names of the exported functions of every file in the folder, in order of file. */
function exportedFunctions(): string[] {
  return readdirSync(operatorFolder)
    .sort()
    .flatMap((file) => {
      const source = readFileSync(new URL(file, operatorFolder), "utf8");
      return [...source.matchAll(/^export (?:function|const) (\w+)/gm)].map(([, name]) => name!);
    });
}

test("every operator has a case among the gradient tests", () => {
  const names = exportedFunctions().filter((name) => !notOperators.includes(name));
  const untested = names.filter((name) => !new RegExp(`\\b${name}\\b`).test(gradientTests));
  expect(names.length).toBeGreaterThan(30);
  expect(untested).toEqual([]);
});
