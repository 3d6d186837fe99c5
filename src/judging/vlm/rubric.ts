import { answerTexts } from "./answerTexts.ts";
import { rubricPrompt } from "./prompts/version1.ts";
import type { JudgedPictures, Protocol } from "./protocol.ts";

const scores = [1, 0.5, 0] as const;

/**
 * One question a dream, answered by several votes with a score each, of which the majority counts; the
 * higher score where votes are even (World-Gymnast's rule). Unlike there, a vote that cannot be read is
 * no vote, and a dream without votes has no score.
 */
export const rubric: Protocol = {
  questions: <Picture>({ task, goal, dreams, votes }: JudgedPictures<Picture>) =>
    dreams.map((dream) => ({
      parts: ["Goal:", goal, "Prediction:", dream, rubricPrompt(task)],
      answerSchema: null,
      answerCount: votes,
    })),

  /** Distance: 1 − the majority's score. */
  read(bodies, _dreamCount, votes) {
    const read = bodies.map((body) =>
      answerTexts(body)
        .map(readScore)
        .filter((score) => score !== null),
    );
    return {
      distances: read.map((votesOfDream) => {
        const score = majority(votesOfDream);
        return score === null ? null : 1 - score;
      }),
      poll: {
        asked: bodies.length * votes,
        read: read.reduce((sum, votesOfDream) => sum + votesOfDream.length, 0),
        decided: 0,
        firstWins: 0,
      },
    };
  },
};

function readScore(text: string): number | null {
  const found = [...text.matchAll(/Final\s*Score:\s*\**(0\.5|0|1)(?![\d.]*\d)/gi)].at(-1)?.[1];
  return found === undefined ? null : Number(found);
}

function majority(votes: readonly number[]): number | null {
  const countOf = (score: number) => votes.filter((vote) => vote === score).length;
  const most = Math.max(...scores.map(countOf));
  return most === 0 ? null : scores.find((score) => countOf(score) === most)!;
}
