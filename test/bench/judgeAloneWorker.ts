import { createEmbeddedJudge, type JudgeSpec } from "../../src/app/judgeSpec.ts";
import type { Judge } from "../../src/ports/judge.ts";
import type { CreateHandler } from "../../src/workers/serve.ts";

export type JudgeRequest = Parameters<Judge["rank"]>[0];

/** Groups to keep, or to judge those that were kept. */
export type JudgeAloneJob = readonly JudgeRequest[] | "judge";

/** A thread that has all it judges in memory, decoded: what a judge costs by itself. */
export const createHandler: CreateHandler<JudgeSpec, JudgeAloneJob, null> = (spec) => {
  const judge = createEmbeddedJudge(spec);
  let kept: readonly JudgeRequest[] = [];
  return Promise.resolve(async (job) => {
    if (job !== "judge") kept = job;
    else for (const request of kept) await judge.rank(request);
    return { result: null };
  });
};
