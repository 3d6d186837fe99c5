import { describe, expect, it } from "vitest";
import { parsePlannerChoice, plannerAdapters } from "../../../src/app/branches/plannerChoice.ts";
import { parseWorldModelSpec, worldModelAdapters } from "../../../src/app/branches/worldModelChoice.ts"; // prettier-ignore
import { createJudge, judgeAdapters, parseJudgeSpec } from "../../../src/app/judgeSpec.ts";
import { silentProgress } from "../../../src/app/progress.ts";
import { resolveSegmenter, segmenterAdapters } from "../../../src/app/segmenterSpec.ts";
import { describeAdapters, type AdapterTable } from "../../../src/app/specText.ts";

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

  describe.each([
    ["planner", plannerAdapters, parsePlannerChoice],
    ["world model", worldModelAdapters, parseWorldModelSpec],
    ["judge", judgeAdapters, parseJudgeSpec],
    ["segmenter", segmenterAdapters, parseSegmenter],
  ] satisfies [string, AdapterTable, (text: string) => unknown][])(
    "of a %s",
    (what, adapters, parse) => {
      it("are all told of to whoever names another", async () => {
        const error = await messageOf(() => parse("magic"));
        expect(error).toContain(`${what} "magic": expected an adapter of`);
        for (const usage of describeAdapters(adapters)) expect(error).toContain(usage);
        expect(error).toMatch(/found "magic"$/);
      });

      it.each(Object.keys(adapters))("are all known: %s", async (name) => {
        // Some want more than their name, and say what.
        expect(await messageOf(() => parse(name))).not.toContain("expected an adapter of");
      });

      it("are told without the URL that follows a misspelt one", async () => {
        const error = await messageOf(() => parse("magci:http://user:secret@host/v1?model=m"));
        expect(error).toContain(`${what} "magci:…"`);
        expect(error).not.toContain("secret");
      });
    },
  );

  it.each([
    [() => parsePlannerChoice("openai"), /expected openai:http:.*found the name alone/],
    [() => parseWorldModelSpec("videos"), /expected videos:http:.*found the name alone/],
    [() => parseWorldModelSpec("dream-http"), /expected dream-http:http:.*found the name alone/],
  ])("are refused where a URL has to follow and none does: %o", (parse, message) => {
    expect(parse).toThrow(invalid(message));
  });

  it("make judges whose producers differ, and the default's is that of every earlier verdict", () => {
    const texts = ["geometric", "geometric:distance=centroid", "random", "random:seed=1"];
    const producers = texts.map((text) => JSON.stringify(producerOf(text)));
    expect(new Set(producers).size).toBe(4);
    expect(producerOf("geometric").config).toEqual({ colourWeightM: 0.005, areaShareMin: 0.002 });
  });
});

function parseSegmenter(text: string): Promise<unknown> {
  const { signal } = new AbortController();
  return resolveSegmenter(text, { progress: silentProgress, signal });
}

/** @returns an empty text where nothing is wrong. */
async function messageOf(parse: () => unknown): Promise<string> {
  try {
    await parse();
    return "";
  } catch (error) {
    expect(error).toMatchObject({ code: "ARGUMENT_INVALID" });
    return (error as Error).message;
  }
}

function producerOf(text: string) {
  const judge = createJudge(parseJudgeSpec(text));
  if (!("producer" in judge)) throw new Error(`${text} is embedded`);
  return judge.producer;
}
