import { answerTexts, lastObject } from "./answerTexts.ts";
import { listwisePrompt } from "./prompts/version1.ts";
import type { JudgedPictures, Protocol } from "./protocol.ts";

/**
 * All dreams in one question, ranked. Each further vote shows them in another order, so that liking
 * what stands first helps no dream more than another.
 */
export const listwise: Protocol = {
  questions: <Picture>({ task, goal, dreams, votes, format }: JudgedPictures<Picture>) =>
    Array.from({ length: votes }, (_, vote) => {
      const order = shownOrder(dreams.length, vote, votes);
      const shown = order.flatMap((dream, at) => [`Prediction ${at}:`, dreams[dream]!]);
      return {
        parts: ["Goal:", goal, ...shown, listwisePrompt(task, dreams.length)],
        answerSchema: format === "text" ? null : rankingSchema(dreams.length),
        answerCount: 1,
      };
    }),

  /** Distance: mean place among the rankings that could be read. */
  read(bodies, dreamCount, votes) {
    const places = new Float64Array(dreamCount);
    let read = 0;
    bodies.forEach((body, vote) => {
      const ranking = answerTexts(body).map((text) => readRanking(text, dreamCount))[0];
      if (ranking === undefined || ranking === null) return;
      const order = shownOrder(dreamCount, vote, votes);
      ranking.forEach((shown, place) => (places[order[shown]!]! += place));
      read += 1;
    });
    return {
      distances: Array.from(places, (sum) => (read === 0 ? null : sum / read)),
      poll: { asked: bodies.length, read, decided: 0, firstWins: 0 },
    };
  },
};

/** By place shown: which dream. The first vote has the order of the candidates. */
function shownOrder(count: number, vote: number, votes: number): readonly number[] {
  const shift = Math.floor((vote * count) / Math.max(1, votes));
  return Array.from({ length: count }, (_, at) => (at + shift) % count);
}

function rankingSchema(count: number) {
  const item = { type: "integer", minimum: 0, maximum: count - 1 };
  return {
    name: "ranking",
    schema: {
      type: "object",
      properties: { ranking: { type: "array", items: item, minItems: count, maxItems: count } },
      required: ["ranking"],
      additionalProperties: false,
    },
  };
}

/** @returns null unless the answer names each number once, as JSON or as a bare list. */
function readRanking(text: string, count: number): readonly number[] | null {
  const named = lastObject(text)?.["ranking"];
  const bare = /\[([\d\s,]+)\](?!.*\[)/s.exec(text)?.[1]?.split(",").map(Number);
  const ranking: unknown = named ?? bare;
  if (!Array.isArray(ranking) || ranking.length !== count) return null;
  const numbers = ranking as unknown[];
  const isPermutation = Array.from({ length: count }, (_, at) => at).every((at) =>
    numbers.includes(at),
  );
  return isPermutation ? (numbers as number[]) : null;
}
