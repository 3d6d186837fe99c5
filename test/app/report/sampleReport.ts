import { tasks, type Task } from "../../../src/core/cell.ts";
import { createRgbImage, type RgbImage } from "../../../src/core/image.ts";
import {
  methods,
  type Method,
  type PictureStrip,
  type ReportData,
  type ReportSummary,
} from "../../../src/app/report/reportData.ts";

/** Plausible means by method: rope, cloth, toy. Invented, for tests of the report's form only. */
const means: Readonly<Record<Method, readonly [number, number, number]>> = {
  random: [0.04, 0.02, 0.11],
  matcher: [0.49, 0.38, 0.66],
  zeroShot: [0.24, 0.15, 0.61],
  verificationN4: [0.47, 0.36, 0.72],
  verificationN8: [0.52, 0.41, 0.74],
  dreamplanEq5: [0.6, 0.45, 0.79],
  orpo: [0.64, 0.52, 0.83],
  oracle: [0.95, 0.9, 1],
};

function interval(mean: number, halfWidth: number) {
  return { mean, low: Math.max(0, mean - halfWidth), high: Math.min(1, mean + halfWidth) };
}

function rowsOf(method: Method): ReportSummary["scores"] {
  const trials = method === "oracle" ? 30 : 100;
  const [rope, cloth, toy] = means[method];
  const byTask: Readonly<Record<Task, number>> = { rope, cloth, toy };
  return [
    ...tasks.map((task) => ({ method, task, ...interval(byTask[task], 0.09), trials, leftOut: 0 })),
    {
      method,
      task: "average",
      ...interval((rope + cloth + toy) / 3, 0.05),
      trials: 3 * trials,
      leftOut: 0,
    },
  ];
}

export const sampleSummary: ReportSummary = {
  preset: "full",
  seed: "7",
  head: "3f2a9c417d5be8806a14cf3392d0b7e5841f6c29aa03de57b1c8940fe62d375b",
  wallSeconds: 4123.4,
  scores: methods.flatMap(rowsOf),
  psnr: { objectOnly: 27.31, fullScene: 24.86, copyFirstFrame: 21.4 },
  judge: { topThreeRate: 0.83, topOneRate: 0.51, kendallTau: 0.62, groups: 120 },
  decisions: [
    { method: "random", secondsMedian: 1.2e-5, gflop: 0 },
    { method: "matcher", secondsMedian: 8.3e-5, gflop: 1.7e-6 },
    { method: "zeroShot", secondsMedian: 1.14e-3, gflop: 0.0031 },
    { method: "verificationN4", secondsMedian: 1.31, gflop: 61.2 },
    { method: "verificationN8", secondsMedian: 2.58, gflop: 122.4 },
    { method: "dreamplanEq5", secondsMedian: 1.13e-3, gflop: 0.0031 },
    { method: "orpo", secondsMedian: 1.13e-3, gflop: 0.0031 },
    { method: "oracle", secondsMedian: 41.7, gflop: null },
  ],
  counts: { sessions: 4862, events: 91_344, blobs: 38_110, bytes: 1_934_000_000 },
  stages: [
    { stage: "collect", seconds: 812.4 },
    { stage: "train-world-model", seconds: 1506.1 },
    { stage: "dream", seconds: 702.9 },
    { stage: "judge", seconds: 64.2 },
    { stage: "orpo", seconds: 118.8 },
    { stage: "evaluate", seconds: 903.3 },
    { stage: "report", seconds: 15.7 },
  ],
  notes: [
    "The control branch started from a committed checkpoint trained on other seeds.",
    "The oracle searched coarse to fine and ran 30 trials per task, the other methods 100.",
  ],
};

/** A picture of one grey: enough for tests of the report's form. */
function greyImage(widthPx: number, heightPx: number, grey: number): RgbImage {
  return createRgbImage(widthPx, heightPx, new Uint8Array(widthPx * heightPx * 3).fill(grey));
}

function sampleStrip(task: Task): PictureStrip {
  const scene = (grey: number) => greyImage(160, 90, grey);
  const frames = (grey: number) => [greyImage(8, 8, grey), greyImage(8, 8, grey + 10)];
  const candidate = (label: string, distance: number | null, isBest: boolean) => ({
    label,
    distance,
    isBest,
    armFrames: frames(40),
    dreamFrames: frames(80),
  });
  const outcome = (method: Method, score: number, action: string) => ({
    method,
    score,
    action,
    start: scene(20),
    goal: scene(40),
    outcome: scene(60),
  });
  return {
    task,
    title: `The ${task} strip`,
    observation: scene(100),
    goal: scene(120),
    candidates: [
      candidate(`${task} candidate one`, 0.0234, false),
      candidate(`${task} candidate two`, 0.0117, true),
      candidate(`${task} candidate three`, null, false),
    ],
    dreamed: frames(90),
    happened: frames(91),
    outcomes: [
      outcome("zeroShot", 0, `${task} action before`),
      outcome("orpo", 1, `${task} action after`),
    ],
  };
}

export const sampleData: ReportData = {
  summary: sampleSummary,
  curves: [
    {
      title: "Planner, fine-tuned",
      columns: ["step", "loss", "heldOutLoss", "heldOutAccuracy"],
      rows: [
        [0, 3.217, 3.4, 0.5],
        [10, 1.943, Number.NaN, Number.NaN],
        [20, 1.281, 1.652, 0.8125],
      ],
      selectedStep: 20,
    },
  ],
  strips: tasks.map(sampleStrip),
};
