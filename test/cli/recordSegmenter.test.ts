import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { plannerAdapters } from "../../src/app/branches/plannerChoice.ts";
import { worldModelAdapters } from "../../src/app/branches/worldModelChoice.ts";
import { judgeAdapters } from "../../src/app/judgeSpec.ts";
import { segmenterAdapters } from "../../src/app/segmenterSpec.ts";
import { runCli } from "../../src/cli/runCli.ts";
import { createRgbImage } from "../../src/core/image.ts";
import { encodePng } from "../../src/media/imageFormat.ts";
import { tinyFolder } from "../perception/sam2/tinyModels.ts";
import { createFolder } from "../store/temporaryLog.ts";
import { captureOutput } from "./captureOutput.ts";

const cell = fileURLToPath(new URL("../../docs/cells/virtual.yaml", import.meta.url));
const folder = createFolder();
const goal = join(folder.path, "goal.png");
const log = join(folder.path, "live.sqlite");
const sam2 = `sam2:${tinyFolder("samexporter")}`;
const boxes = ["--start-box", "1,1,5,5", "--goal-box", "1,1,5,5"];

beforeAll(async () => {
  process.env["DREAMLOG_CACHE"] = join(folder.path, "cache");
  writeFileSync(goal, await encodePng(createRgbImage(8, 8)));
});
afterAll(() => {
  delete process.env["DREAMLOG_CACHE"];
  folder.remove();
});

it("a run whose segmenter has no weights leaves no log and no folder behind", async () => {
  const out = join(folder.path, "run");
  const words = ["run", "--preset", "demo", "--segmenter", "sam2:/nowhere", "--out", out];
  const { result, stderr } = await captureOutput(() => runCli(words));
  expect(result).toBe(1);
  expect(stderr).toMatch(/CHECKPOINT_INVALID/);
  expect(existsSync(out)).toBe(false);
});

describe("dreamlog record --segmenter", () => {
  it.each([
    [
      "another kind",
      ["--goal", goal],
      "magic",
      /segmenter "magic": expected an adapter of colour, sam2:/,
    ],
    [
      "no box to follow from",
      [],
      sam2,
      /in the first picture for sam2:, found none by --start-box/,
    ],
    ["a planner without a goal", ["--planner", "matcher"], sam2, /--goal with a picture for the/],
    [
      "a judge without a goal",
      ["--judge", "geometric"],
      sam2,
      /--goal with --judge, found --judge a/,
    ],
    ["a box in no goal", boxes, sam2, /expected --goal with --goal-box, found --goal-box alone/],
    ["candidates of no planner", ["--candidates", "3"], "colour", /--planner with --candidates/],
    [
      "a session that looks like a branch",
      ["--session", "a~b"],
      "colour",
      /letters, digits and any/,
    ],
    ["a box that is none", ["--start-box", "1,2,3"], "colour", /four whole numbers, such as/],
    ["no boxes", ["--goal", goal], sam2, /found none by --start-box and --goal-box/],
    ["one box only", ["--goal", goal, ...boxes.slice(0, 2)], sam2, /found none by --goal-box/],
    ["clicks", ["--goal", goal, ...boxes], `${sam2}?points=3,3`, /found points=/],
    [
      "weights that are not there",
      ["--goal", goal, ...boxes],
      "sam2:/nowhere",
      /CHECKPOINT_INVALID/,
    ],
  ])(
    "is refused before anything is connected to or written: %s",
    async (_, more, segmenter, message) => {
      const words = ["record", "--cell", cell, "--url", "ws://127.0.0.1:1", "--log", log];
      const { result, stderr } = await captureOutput(() => runCli([...words, "--segmenter", segmenter, ...more])); // prettier-ignore
      expect([1, 2]).toContain(result);
      expect(stderr).toMatch(message);
      expect(existsSync(log)).toBe(false);
    },
  );

  it.each([
    ["a grid without boxes", `${sam2}?prompt=grid`, ["--goal", goal]],
    ["clicks where there is no goal", `${sam2}?prompt=points&points=3,3`, []],
    ["a box where there is no goal", sam2, boxes.slice(0, 2)],
  ])("takes %s, and then looks for the cell", async (name, segmenter, more) => {
    const own = join(folder.path, `${name}.sqlite`);
    const words = ["record", "--cell", cell, "--url", "ws://127.0.0.1:1", "--log", own];
    const { result, stderr } = await captureOutput(
      () =>
      runCli([...words, "--segmenter", segmenter, ...more, "--duration", "1", "--priority", "usual"]), // prettier-ignore
    );
    expect(result).toBe(1);
    expect(stderr).toMatch(
      /LINK_FAILED: .* within 1 s, found no connection \(connect ECONNREFUSED/,
    );
    expect(existsSync(own)).toBe(true);
  });
});

describe("help", () => {
  it.each([
    ["record", plannerAdapters, []],
    ["record", worldModelAdapters, []],
    ["record", segmenterAdapters, []],
    ["record", judgeAdapters, ["human"]],
    ["branch", plannerAdapters, []],
    ["branch", worldModelAdapters, []],
    ["replan", plannerAdapters, []],
    ["redream", worldModelAdapters, []],
    ["rejudge", judgeAdapters, ["human"]],
    ["regress", segmenterAdapters, []],
  ] as const)("of %s names every adapter that it takes", async (name, adapters, others) => {
    const { stdout } = await captureOutput(() => runCli([name, "--help"]));
    const names = Object.keys(adapters).filter((one) => !(others as readonly string[]).includes(one)); // prettier-ignore
    for (const one of names) expect(stdout).toMatch(new RegExp(`\\b${one}\\b`));
  });
});
