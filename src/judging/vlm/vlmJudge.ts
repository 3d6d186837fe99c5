import { digestFields } from "../../core/digest.ts";
import { DreamlogError } from "../../core/errors.ts";
import type { Verdict } from "../../ports/judge.ts";
import type { ChatQuestion } from "../../remote/chat.ts";
import { verdictOf } from "../geometricJudge.ts";
import { listwise } from "./listwise.ts";
import { pairwise } from "./pairwise.ts";
import type { JudgedPictures, JudgePoll, Protocol } from "./protocol.ts";
import { rubric } from "./rubric.ts";

export const judgeProtocols = ["listwise", "pairwise", "rubric"] as const;
export type JudgeProtocol = (typeof judgeProtocols)[number];

const protocols: Readonly<Record<JudgeProtocol, Protocol>> = { listwise, pairwise, rubric };

/** Every question of a judgement, known before the first is asked. */
export function judgeQuestions<Picture>(
  protocol: JudgeProtocol,
  pictures: JudgedPictures<Picture>,
  seed: string,
): readonly ChatQuestion<Picture>[] {
  return protocols[protocol].questions(pictures).map((question, at) => ({
    ...question,
    seed: Number.parseInt(digestFields(["judge seed", seed, at]).slice(0, 8), 16) >>> 1,
  }));
}

/** @returns how many questions a judgement of so many dreams has. */
export function questionCount(protocol: JudgeProtocol, dreamCount: number, votes: number): number {
  const dreams = Array.from({ length: dreamCount }, (_, at) => at);
  const pictures = { task: "rope", goal: -1, dreams, votes, format: "text" } as const;
  return protocols[protocol].questions(pictures).length;
}

/**
 * Reads the verdict in the answers.
 *
 * @throws {DreamlogError} `ANSWER_INVALID` when some dream has no answer that could be read: it would
 *   otherwise count as the worst, which nobody said.
 */
export function readVerdict(
  protocol: JudgeProtocol,
  bodies: readonly (string | null)[],
  dreamCount: number,
  votes: number,
): { readonly verdict: Verdict; readonly poll: JudgePoll } {
  const { distances, poll } = protocols[protocol].read(bodies, dreamCount, votes);
  const known = distances.filter((distance) => distance !== null);
  if (known.length === dreamCount) return { verdict: verdictOf(known), poll };
  throw new DreamlogError(
    "ANSWER_INVALID",
    `expected answers about each of ${dreamCount} dreams, found readable ones about ${known.length} (${poll.read} of ${poll.asked} answers); ask a judge that follows the format`,
    { protocol, dreamCount, ...poll },
  );
}
