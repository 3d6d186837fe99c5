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

describe("dreamlog record --segmenter", () => {
  it.each([
    [
      "another kind",
      ["--goal", goal],
      "magic",
      /segmenter "magic": expected an adapter of colour, sam2:/,
    ],
    ["no goal", [], sam2, /--goal with a picture of the object/],
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
      expect(result).toBe(1);
      expect(stderr).toMatch(message);
      expect(existsSync(log)).toBe(false);
    },
  );

  it("takes a grid without boxes, and then looks for the cell", async () => {
    const words = ["record", "--cell", cell, "--url", "ws://127.0.0.1:1", "--log", log];
    const { stderr } = await captureOutput(() =>
      runCli([...words, "--segmenter", `${sam2}?prompt=grid`, "--goal", goal, "--duration", "1"]),
    );
    expect(stderr).not.toContain("ARGUMENT_INVALID");
    expect(existsSync(log)).toBe(true);
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
