import type { Task } from "../core/cell.ts";
import { derivationKey, type StoredEvent } from "../events/envelope.ts";
import type { PayloadOf } from "../events/eventDefinition.ts";
import { verdictGiven } from "../events/judging.ts";
import type { Judge } from "../ports/judge.ts";
import { deriveBy } from "./derivations/deriveBy.ts";
import {
  failToJudge,
  giveVerdict,
  isJudgementFailure,
  judgedMedia,
  judgingProducer,
  type JudgingTools,
} from "./derivations/judgeDreams.ts";
import type { DreamEvent } from "./dreamCandidates.ts";
import { isHumanJudge, judgeByHuman } from "./humanVerdicts/humanJudge.ts";
import type { JudgingThreads } from "./judgingThreads.ts";
import type { CropEvent } from "./observe.ts";
import { beginJudgement, isRemoteJudge, type RemoteJudge } from "./remote/judgeRemotely.ts";
import type { SessionRecorder } from "./sessionRecorder.ts";

export type VerdictEvent = StoredEvent<PayloadOf<typeof verdictGiven>>;

/** What is held against what. */
export interface JudgementRequest {
  readonly name: string;
  readonly task: Task;
  readonly goal: CropEvent;
  readonly dreams: readonly DreamEvent[];
}

/** A judgement under way: a judge behind a service is being asked, an embedded one begins at `finish`. */
export interface BegunVerdict {
  /** @returns null when the judge could not decide; the failure is then an event of its own. */
  finish(): Promise<VerdictEvent | null>;
  /** Keeps what was asked already, when nobody will read it now. */
  keep(): Promise<void>;
}

/** @param threads - rank while the caller goes on; the judgement begins at `finish` when left out. */
export async function beginToJudge(
  recorder: SessionRecorder,
  judge: Judge | RemoteJudge,
  request: JudgementRequest,
  threads: Pick<JudgingThreads, "rank"> | null = null,
): Promise<BegunVerdict> {
  if (isRemoteJudge(judge)) return beginJudgement(recorder, judge, request);
  const rankElsewhere = threads === null ? null : await beginToRank(recorder, judge, request, threads); // prettier-ignore
  return {
    finish: () => judgeHere(recorder, judge, request, rankElsewhere),
    keep: () => Promise.resolve(),
  };
}

/**
 * Holds K dreams against the goal.
 *
 * @returns null when the judge could not decide; the failure is then an event of its own.
 */
export async function judgeDreams(
  recorder: SessionRecorder,
  judge: Judge | RemoteJudge,
  request: JudgementRequest,
): Promise<VerdictEvent | null> {
  return (await beginToJudge(recorder, judge, request)).finish();
}

type RankElsewhere = NonNullable<JudgingTools["rankElsewhere"]>;

/** @returns null where the log has the verdict, for which nothing need be ranked. */
async function beginToRank(
  recorder: SessionRecorder,
  judge: Judge,
  { task, goal, dreams }: JudgementRequest,
  { rank }: Pick<JudgingThreads, "rank">,
): Promise<RankElsewhere | null> {
  const { type, version } = verdictGiven;
  const step = { producer: judgingProducer(judge, task), causes: [goal, ...dreams], seed: null };
  const known = await recorder.log.findByKey(derivationKey({ type, version, ...step }));
  if (known !== undefined) return null;
  const ranked = rank(judgedMedia(step));
  // Whoever finishes the judgement hears why it failed, a while later.
  ranked.catch(() => undefined);
  return () => ranked;
}

async function judgeHere(
  recorder: SessionRecorder,
  judge: Judge,
  request: JudgementRequest,
  rankElsewhere: RankElsewhere | null,
): Promise<VerdictEvent | null> {
  if (isHumanJudge(judge)) return judgeByHuman(recorder, judge, request);
  const { name, task, goal, dreams } = request;
  const causes = [goal, ...dreams];
  return recordVerdict(recorder, judge, { name, task, causes }, rankElsewhere);
}

/**
 * A verdict by a judge in this process.
 *
 * @param given.causes - the goal's crop, then what is held against it.
 * @param rankElsewhere - answers for the judge, which then need not rank here.
 * @returns null for a judgement that failed, which is an event of its own.
 */
export async function recordVerdict(
  recorder: SessionRecorder,
  judge: Judge,
  given: {
    readonly name: string;
    readonly task: JudgementRequest["task"];
    readonly causes: readonly StoredEvent[];
  },
  rankElsewhere: RankElsewhere | null = null,
): Promise<VerdictEvent | null> {
  const { name, task, causes } = given;
  const step = { producer: judgingProducer(judge, task), causes };
  const tools = {
    media: recorder.media,
    judgeOf: () => judge,
    ...(rankElsewhere === null ? {} : { rankElsewhere }),
  };
  try {
    return await deriveBy(recorder, giveVerdict, { name: `${name}/verdict`, ...step }, tools);
  } catch (error) {
    if (!isJudgementFailure(error)) throw error;
    await deriveBy(recorder, failToJudge, { name: `${name}/verdict/failed`, ...step }, tools);
    return null;
  }
}
