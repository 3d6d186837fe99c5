import type { Task } from "../core/cell.ts";
import type { StoredEvent } from "../events/envelope.ts";
import type { PayloadOf } from "../events/eventDefinition.ts";
import type { verdictGiven } from "../events/judging.ts";
import type { Judge } from "../ports/judge.ts";
import { deriveBy } from "./derivations/deriveBy.ts";
import { failToJudge, giveVerdict, isJudgementFailure, judgingProducer } from "./derivations/judgeDreams.ts"; // prettier-ignore
import type { DreamEvent } from "./dreamCandidates.ts";
import { isHumanJudge, judgeByHuman } from "./humanVerdicts/humanJudge.ts";
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

export async function beginToJudge(
  recorder: SessionRecorder,
  judge: Judge | RemoteJudge,
  request: JudgementRequest,
): Promise<BegunVerdict> {
  if (isRemoteJudge(judge)) return beginJudgement(recorder, judge, request);
  return {
    finish: () => judgeHere(recorder, judge, request),
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

async function judgeHere(
  recorder: SessionRecorder,
  judge: Judge,
  request: JudgementRequest,
): Promise<VerdictEvent | null> {
  if (isHumanJudge(judge)) return judgeByHuman(recorder, judge, request);
  const { name, task, goal, dreams } = request;
  return recordVerdict(recorder, judge, { name, task, causes: [goal, ...dreams] });
}

/**
 * A verdict by a judge in this process.
 *
 * @param given.causes - the goal's crop, then what is held against it.
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
): Promise<VerdictEvent | null> {
  const { name, task, causes } = given;
  const step = { producer: judgingProducer(judge, task), causes };
  const tools = { media: recorder.media, judgeOf: () => judge };
  try {
    return await deriveBy(recorder, giveVerdict, { name: `${name}/verdict`, ...step }, tools);
  } catch (error) {
    if (!isJudgementFailure(error)) throw error;
    await deriveBy(recorder, failToJudge, { name: `${name}/verdict/failed`, ...step }, tools);
    return null;
  }
}
