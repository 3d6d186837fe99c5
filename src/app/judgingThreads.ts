import { createWorkerPool } from "../workers/workerPool.ts";
import type { Verdict } from "../ports/judge.ts";
import type { JudgedMedia } from "./derivations/judgeDreams.ts";
import type { JudgeSpec } from "./judgeSpec.ts";
import type { JudgeSetup } from "./judgeWorker.ts";
import type { RunContext } from "./runContext.ts";

/** Threads that rank while this one reads what comes next and writes what came. */
export interface JudgingThreads {
  readonly size: number;
  readonly rank: (judged: JudgedMedia) => Promise<Verdict>;
  close(): Promise<void>;
}

/** Fewer groups of dreams are judged here before threads have started. */
const groupsMin = 200;
const embeddedKinds: readonly JudgeSpec["kind"][] = ["geometric", "random"];

/**
 * @param groups - how many are to be judged.
 * @returns null for judges that are asked elsewhere, and where threads would not pay.
 */
export function startJudgingThreads(
  { jobs, open }: Pick<RunContext, "jobs" | "open">,
  judge: JudgeSpec,
  groups: number,
): JudgingThreads | null {
  if (jobs < 2 || groups < groupsMin || !embeddedKinds.includes(judge.kind)) return null;
  const setup: JudgeSetup = { logPath: open.path, judge };
  const pool = createWorkerPool<JudgedMedia, Verdict>({
    module: new URL("./judgeWorker.ts", import.meta.url),
    size: jobs,
    setup,
  });
  return { size: jobs, rank: (judged) => pool.run(judged), close: () => pool.close() };
}
