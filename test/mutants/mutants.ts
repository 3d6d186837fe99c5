import type { Task } from "../../src/core/cell.ts";

/** One small fault put into a stage's code. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  /** Occurs in the file exactly once. */
  readonly find: string;
  readonly replace: string;
  /** Whose golden session must not replay any more. */
  readonly task: Task;
}

export const mutants: readonly Mutant[] = [
  {
    name: "a keypoint is off by one pixel",
    file: "src/perception/farthestPointSampling.ts",
    find: "keypoints[2 * index] = x;",
    replace: "keypoints[2 * index] = index === 5 ? x + 1 : x;",
    task: "rope",
  },
  {
    name: "the segmenter's threshold counts ties as object",
    file: "src/perception/colourSegmenter.ts",
    find: "sums[x]! > threshold ? 1 : 0",
    replace: "sums[x]! > threshold - 24 ? 1 : 0",
    task: "cloth",
  },
  {
    name: "the channels of a crop are taken from one another",
    file: "src/perception/objectCrop.ts",
    find: "white.pixels.set(run, 3 * (to + start));",
    replace: "white.pixels.set(run, 3 * (to + start) + 1);",
    task: "toy",
  },
  {
    name: "the prompt has another word",
    file: "src/planning/actionGrammar.ts",
    find: "The first picture shows the table now",
    replace: "The first picture shows the table",
    task: "rope",
  },
  {
    name: "the policy draws with other noise",
    file: "src/planning/keypointPolicy.ts",
    find: "random.uniform() + 2 ** -33",
    replace: "random.uniform() + 2 ** -3",
    task: "cloth",
  },
  {
    name: "the matcher moves the nearest keypoint first",
    file: "src/planning/matcherPlanner.ts",
    find: "b.mismatch - a.mismatch",
    replace: "a.mismatch - b.mismatch",
    task: "toy",
  },
  {
    name: "the fingers close one step later",
    file: "src/planning/primitive.ts",
    find: "const closeSteps = 6;",
    replace: "const closeSteps = 7;",
    task: "rope",
  },
  {
    name: "the open fingers are drawn one level darker",
    file: "src/dreaming/armRenderer.ts",
    find: "const openColor: Rgb = [60, 255, 90];",
    replace: "const openColor: Rgb = [60, 254, 90];",
    task: "cloth",
  },
  {
    name: "dreams start from a little less noise",
    file: "src/core/dreamTensors.ts",
    find: "export const noiseDeviation = 0.3;",
    replace: "export const noiseDeviation = 0.25;",
    task: "toy",
  },
  {
    name: "the judge looks at the first dreamed frame instead of the last",
    file: "src/judging/geometricJudge.ts",
    find: "frames.at(-1)",
    replace: "frames.at(0)",
    task: "rope",
  },
  {
    name: "pairs take the second best for the best",
    file: "src/app/derivations/pairPreferences.ts",
    find: "const [positive, ...negatives] = ranked.map(",
    replace: "const [positive, ...negatives] = ranked.reverse().map(",
    task: "cloth",
  },
  {
    name: "a choice names the candidate before it",
    file: "src/app/derivations/chooseAction.ts",
    find: "candidates[candidate]?.action : undefined",
    replace: "candidates[(candidate + 1) % candidates.length]?.action : undefined",
    task: "toy",
  },
  {
    name: "the score measures a millionth more",
    file: "src/sim/tasks/scoring.ts",
    find: ": errorM <= halfM ? 0.5 : 0, errorM };",
    replace: ": errorM <= halfM ? 0.5 : 0, errorM: errorM * 1.000001 };",
    task: "rope",
  },
  {
    name: "the interval cuts off one percent more",
    file: "src/app/report/bootstrap.ts",
    find: "low: quantile(means, tail),",
    replace: "low: quantile(means, tail) - 0.01,",
    task: "cloth",
  },
  {
    name: "a fine-tuning weighs the odds ratio a little more",
    file: "src/app/derivations/trainPlanner.ts",
    find: '{ kind: "orpo", lambda, nllScope',
    replace: '{ kind: "orpo", lambda: lambda + 0.01, nllScope',
    task: "rope",
  },
  {
    name: "dreams are measured on a smaller peak",
    file: "src/media/imageQuality.ts",
    find: "(255 * 255 * pixels.length)",
    replace: "(254 * 255 * pixels.length)",
    task: "toy",
  },
];
