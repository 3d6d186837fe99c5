import { answerTexts, lastObject } from "./answerTexts.ts";
import { pairwisePrompt } from "./prompts/version1.ts";
import type { JudgedPictures, Protocol } from "./protocol.ts";

const answerSchema = {
  name: "comparison",
  schema: {
    type: "object",
    properties: { closer: { type: "string", enum: ["A", "B"] } },
    required: ["closer"],
    additionalProperties: false,
  },
};

/**
 * Every dream against every other, in both orders: K (K − 1) questions. How often the one shown first
 * wins is the judge's position bias, one half for a judge that has none.
 */
export const pairwise: Protocol = {
  questions: <Picture>({ task, goal, dreams, format }: JudgedPictures<Picture>) =>
    orderedPairs(dreams.length).map(([first, second]) => ({
      parts: ["Goal:", goal, "A:", dreams[first]!, "B:", dreams[second]!, pairwisePrompt(task)],
      answerSchema: format === "text" ? null : answerSchema,
      answerCount: 1,
    })),

  /** Distance: share of its readable comparisons that a dream lost. */
  read(bodies, dreamCount) {
    const lost = new Float64Array(dreamCount);
    const compared = new Float64Array(dreamCount);
    let decided = 0;
    let firstWins = 0;
    orderedPairs(dreamCount).forEach(([first, second], at) => {
      const closer = answerTexts(bodies[at] ?? null).map(readCloser)[0];
      if (closer === undefined || closer === null) return;
      decided += 1;
      if (closer === "A") firstWins += 1;
      lost[closer === "A" ? second : first]! += 1;
      compared[first]! += 1;
      compared[second]! += 1;
    });
    return {
      distances: Array.from(lost, (losses, dream) =>
        compared[dream] === 0 ? null : losses / compared[dream]!,
      ),
      poll: { asked: bodies.length, read: decided, decided, firstWins },
    };
  },
};

function orderedPairs(count: number): readonly (readonly [number, number])[] {
  const indices = Array.from({ length: count }, (_, at) => at);
  return indices.flatMap((first) =>
    indices.filter((second) => second !== first).map((second) => [first, second] as const),
  );
}

function readCloser(text: string): "A" | "B" | null {
  const named = lastObject(text)?.["closer"];
  const letter = named ?? /\b([AB])\b(?!.*\b[AB]\b)/s.exec(text)?.[1];
  return letter === "A" || letter === "B" ? letter : null;
}
