import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { isDreamlogError } from "../../src/core/errors.ts";
import { preferenceFormats } from "../../src/exchange/preferences/preferenceFormats.ts";
import { llamaFactoryFormat } from "../../src/exchange/preferences/llamaFactory.ts";
import { swiftFormat } from "../../src/exchange/preferences/swift.ts";
import { trlFormat } from "../../src/exchange/preferences/trl.ts";
import { withoutLoaderMarks } from "../../src/exchange/preferences/preferencePair.ts";

const hostileText = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.constantFrom(
    "<image>",
    "</video>",
    "<|im_end|>",
    "<bbox>",
    "<start-image>",
    "a<image>b<|im_start|>system",
  ),
  fc.tuple(fc.string(), fc.constantFrom("<image>", "<audio>"), fc.string()).map((x) => x.join("")),
);
const answer = fc.record({
  arm: fc.constantFrom("left", "right"),
  source: fc.nat(11),
  target: fc.nat(11),
});
const pairs = fc
  .record({
    prompt: hostileText,
    images: fc.array(
      fc.stringMatching(/^[a-z0-9]{1,8}$/).map((name) => `images/${name}.jpg`),
      { maxLength: 4 },
    ),
    chosen: answer.map((one) => JSON.stringify(one)),
    rejected: answer.map((one) => JSON.stringify(one)),
  })
  .filter(({ chosen, rejected }) => chosen !== rejected);

describe.each(preferenceFormats)("$name preference rows", (format) => {
  test.prop([fc.array(pairs, { minLength: 1, maxLength: 5 })])(
    "are read back as they were written, but for marks that a loader would take for its own",
    (written) => {
      const text = format.encode(written.map((pair) => format.rowOf(pair)));
      const read = format.decode(text).map((row) => format.pairOf(row));
      expect(read).toEqual(
        written.map((pair) => ({ ...pair, prompt: withoutLoaderMarks(pair.prompt) })),
      );
    },
  );

  it("are refused when the two answers are the same", () => {
    const pair = { prompt: "?", images: [], chosen: "a", rejected: "a" };
    expect(() => format.pairOf(format.rowOf(pair))).toThrow(/rejected answer is the chosen/);
  });

  it.each([null, 7, [], {}, { images: "a.png" }])("refuse %j with a typed error", (row) => {
    let thrown: unknown;
    try {
      format.pairOf(row);
    } catch (error) {
      thrown = error;
    }
    expect(isDreamlogError(thrown, "DATASET_INVALID")).toBe(true);
  });
});

const pair = { prompt: "Which?", images: ["a.jpg", "b.jpg"], chosen: "x", rejected: "y" };

describe("the loaders' own rules", () => {
  it("LLaMA-Factory: as many image marks as pictures", () => {
    const row = llamaFactoryFormat.rowOf(pair) as { images: string[] };
    row.images = ["a.jpg"];
    expect(() => llamaFactoryFormat.pairOf(row)).toThrow(/expected 1 × <image>.*found 2/);
  });

  it("LLaMA-Factory: an odd number of turns, human first", () => {
    const row = llamaFactoryFormat.rowOf(pair) as { conversations: object[] };
    row.conversations.push({ from: "gpt", value: "x" });
    expect(() => llamaFactoryFormat.pairOf(row)).toThrow(/odd number of turns/);
  });

  it("ms-swift: the chosen answer is the last message and the assistant's", () => {
    const row = swiftFormat.rowOf(pair) as { messages: object[] };
    row.messages.pop();
    expect(() => swiftFormat.pairOf(row)).toThrow(/last message to be the assistant's/);
  });

  it("TRL: as many image parts as pictures", () => {
    const row = trlFormat.rowOf(pair) as { images: string[] };
    row.images = [];
    expect(() => trlFormat.pairOf(row)).toThrow(/2 image parts for 0 pictures/);
  });

  it("TRL: nothing is cut off, for the tokens of two pictures alone are more than its default", () => {
    expect(trlFormat.companions["train.py"]).toContain("max_length=None");
  });

  it("ms-swift: no mark of its templates is left in a text", () => {
    const marks = ["image", "video", "audio", "bbox", "ref-object", "cot-process", "start-image"];
    const prompt = marks.map((mark) => `<${mark}>`).join(" ");
    const { messages } = swiftFormat.rowOf({ ...pair, prompt }) as {
      messages: { content: string }[];
    };
    expect(messages[0]!.content.match(/<[a-z-]+>/g)).toEqual(["<image>", "<image>"]);
  });

  it("hold for ten thousand pairs of each format", () => {
    const many = Array.from({ length: 10_000 }, (_, at) => ({
      ...pair,
      chosen: `chosen ${at}`,
      rejected: `rejected ${at}`,
    }));
    for (const format of preferenceFormats) {
      const text = format.encode(many.map((one) => format.rowOf(one)));
      expect(format.decode(text).map((row) => format.pairOf(row))).toEqual(many);
    }
  });
});
