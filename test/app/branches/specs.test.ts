import { describe, expect, it } from "vitest";
import { parsePlannerChoice } from "../../../src/app/branches/plannerChoice.ts";
import { parseWorldModelSpec } from "../../../src/app/branches/worldModelChoice.ts";
import { createJudge, parseJudgeSpec } from "../../../src/app/judgeSpec.ts";

const invalid = (message: RegExp) =>
  expect.objectContaining({
    code: "ARGUMENT_INVALID",
    message: expect.stringMatching(message) as string,
  }) as Error;

describe("adapters named on a command line", () => {
  it("are a name, or a name with its options", () => {
    expect(parseJudgeSpec("geometric")).toEqual({ kind: "geometric" });
    expect(parseJudgeSpec("geometric:distance=hausdorff,colourWeightM=0")).toEqual({
      kind: "geometric",
      distance: "hausdorff",
      colourWeightM: 0,
    });
    expect(parsePlannerChoice("zero-shot:temperature=1.5")).toEqual({
      kind: "zeroShot",
      temperature: 1.5,
    });
    expect(parsePlannerChoice("file:path=a=b.onnx")).toEqual({ kind: "file", path: "a=b.onnx" });
    expect(parseWorldModelSpec("trained:samplingSteps=4")).toEqual({
      kind: "trained",
      samplingSteps: 4,
    });
  });

  it.each([
    ["an unknown adapter", () => parseJudgeSpec("gpt"), /adapter of geometric.*found "gpt"/],
    ["an unknown option", () => parseJudgeSpec("random:side=1"), /each once of seed.*"side=1"/],
    ["an option twice", () => parseJudgeSpec("random:seed=1,seed=2"), /"seed=2"/],
    ["an option without a value", () => parseJudgeSpec("random:seed"), /"seed"/],
    ["an option where there is none", () => parsePlannerChoice("matcher:x=1"), /no options/],
    ["an unknown choice", () => parseJudgeSpec("geometric:distance=l2"), /of chamfer, hausdorff/],
    ["no number", () => parsePlannerChoice("zero-shot:temperature=hot"), /number from/],
    [
      "a number out of range",
      () => parseWorldModelSpec("trained:samplingSteps=11"),
      /from 1 to 10/,
    ],
    ["a part of a step", () => parseWorldModelSpec("trained:samplingSteps=1.5"), /whole number/],
    ["a file without its path", () => parseWorldModelSpec("file"), /file:path=…, found none/],
  ])("are refused with %s", (_what, parse, message) => {
    expect(parse).toThrow(invalid(message));
  });

  it("make judges whose producers differ, and the default's is that of every earlier verdict", () => {
    const texts = ["geometric", "geometric:distance=centroid", "random", "random:seed=1"];
    const producers = texts.map((text) => JSON.stringify(producerOf(text)));
    expect(new Set(producers).size).toBe(4);
    expect(producerOf("geometric").config).toEqual({ colourWeightM: 0.005, areaShareMin: 0.002 });
  });
});

function producerOf(text: string) {
  const judge = createJudge(parseJudgeSpec(text));
  if (!("producer" in judge)) throw new Error(`${text} is embedded`);
  return judge.producer;
}
