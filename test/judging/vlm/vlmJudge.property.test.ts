import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { judgeProtocols, judgeQuestions, readVerdict } from "../../../src/judging/vlm/vlmJudge.ts";

const picture = (name: number) => ({ mediaType: "image/png", bytes: Uint8Array.of(name) });
const bodyOf = (...texts: string[]) =>
  JSON.stringify({ choices: texts.map((content) => ({ message: { content } })) });

function questionsFor(protocol: (typeof judgeProtocols)[number], count: number, votes = 1) {
  const dreams = Array.from({ length: count }, (_, at) => picture(at));
  const pictures = {
    task: "rope",
    goal: picture(99),
    dreams,
    votes,
    format: "json_schema",
  } as const;
  return judgeQuestions(protocol, pictures, "seed");
}

/** Names of the pictures that a question shows after the goal. */
const shownIn = (question: ReturnType<typeof questionsFor>[number]) =>
  question.parts.flatMap((part) => (typeof part === "string" ? [] : [part.bytes[0]!])).slice(1);

const worths = fc.uniqueArray(fc.integer({ min: 0, max: 1000 }), { minLength: 2, maxLength: 6 });
const byWorth = (worth: readonly number[]) =>
  worth.map((_, at) => at).sort((a, b) => worth[a]! - worth[b]!);

describe("a listwise judgement", () => {
  test.prop([worths, fc.integer({ min: 1, max: 5 })])(
    "undoes the order in which each vote showed the dreams",
    (worth, votes) => {
      const bodies = questionsFor("listwise", worth.length, votes).map((question) => {
        const shown = shownIn(question);
        const ranking = byWorth(shown.map((dream) => worth[dream]!));
        return bodyOf(`Thinking…\n{"ranking":${JSON.stringify(ranking)}}`);
      });
      const { verdict } = readVerdict("listwise", bodies, worth.length, votes);
      expect(verdict.ranking).toEqual(byWorth(worth));
    },
  );

  it.each(['{"ranking":[0,0,1]}', '{"ranking":[0,1]}', "[0, 1, 3]", "the first", ""])(
    "takes %j for no answer",
    (text) => {
      expect(() => readVerdict("listwise", [bodyOf(text)], 3, 1)).toThrow(
        expect.objectContaining({ code: "ANSWER_INVALID" }),
      );
    },
  );

  it("takes a bare list", () => {
    const { verdict } = readVerdict("listwise", [bodyOf("Closest first: [2, 0, 1]")], 3, 1);
    expect(verdict.ranking).toEqual([2, 0, 1]);
  });
});

describe("a pairwise judgement", () => {
  test.prop([worths])("ranks as its comparisons do", (worth) => {
    const bodies = questionsFor("pairwise", worth.length).map((question) => {
      const [first, second] = shownIn(question);
      return bodyOf(JSON.stringify({ closer: worth[first!]! < worth[second!]! ? "A" : "B" }));
    });
    const { verdict, poll } = readVerdict("pairwise", bodies, worth.length, 1);
    expect(verdict.ranking).toEqual(byWorth(worth));
    expect(poll.firstWins * 2).toBe(poll.decided);
  });

  it("finds out a judge that always likes what comes first, and ties all", () => {
    const bodies = questionsFor("pairwise", 3).map(() => bodyOf('{"closer":"A"}'));
    const { verdict, poll } = readVerdict("pairwise", bodies, 3, 1);
    expect(poll).toEqual({ asked: 6, read: 6, decided: 6, firstWins: 6 });
    expect(verdict.isTied).toBe(true);
  });

  it("goes by the comparisons it has when some failed", () => {
    const bodies = questionsFor("pairwise", 3).map((question, at) =>
      at % 2 === 0 ? null : bodyOf(shownIn(question)[0]! < shownIn(question)[1]! ? "A" : "B"),
    );
    const { verdict, poll } = readVerdict("pairwise", bodies, 3, 1);
    expect(poll.read).toBe(3);
    expect(verdict.ranking[0]).toBe(0);
  });
});

describe("a rubric", () => {
  it.each([
    [["Final Score: 1", "Final Score: 0.5", "final score: **1"], 0],
    [["Final Score: 0.5", "Final Score: 0"], 0.5],
    [["Final Score: 0", "I cannot say.", "Final Score: 0"], 1],
    [["Final Score: 0, no: Final Score: 1"], 0],
  ])("counts %j as distance %d", (texts, distance) => {
    const { verdict } = readVerdict("rubric", [bodyOf(...texts)], 1, texts.length);
    expect(verdict.distances).toEqual([distance]);
  });

  it("never takes silence for the lowest score", () => {
    const bodies = [bodyOf("Final Score: 0"), bodyOf("A fine rope."), null];
    expect(() => readVerdict("rubric", bodies, 3, 1)).toThrow(/readable ones about 1/);
  });
});

test.prop([fc.constantFrom(...judgeProtocols), fc.array(fc.string(), { maxLength: 6 })])(
  "any answers are a verdict or ANSWER_INVALID, never a crash",
  (protocol, texts) => {
    const bodies = questionsFor(protocol, 3).map((_, at) => texts[at] ?? null);
    for (const wrapped of [bodies, bodies.map((text) => bodyOf(text ?? ""))]) {
      try {
        expect(readVerdict(protocol, wrapped, 3, 1).verdict.ranking).toHaveLength(3);
      } catch (error) {
        expect(error).toMatchObject({ code: "ANSWER_INVALID" });
      }
    }
  },
);
