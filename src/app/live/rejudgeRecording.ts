import { invariant } from "../../core/errors.ts";
import type { SessionId, StoredEvent } from "../../events/envelope.ts";
import { judgementFailed, verdictGiven } from "../../events/judging.ts";
import { actionChosen, planProposed } from "../../events/planning.ts";
import { sessionStarted } from "../../events/session.ts";
import type { OpenLog } from "../../../store/openLog.ts";
import { recordingOf } from "../branches/branchModels.ts";
import { requireBranchName } from "../branches/branchName.ts";
import { runsOf } from "../branches/findRun.ts";
import { readEvents } from "../collectedSession.ts";
import { chooseAction, choiceProducer } from "../derivations/chooseAction.ts";
import { deriveBy } from "../derivations/deriveBy.ts";
import { failToJudge, giveVerdict, isJudgementFailure, judgingProducer } from "../derivations/judgeDreams.ts"; // prettier-ignore
import { isA } from "../derivations/rule.ts";
import { dreamImagined } from "../../events/dreaming.ts";
import { createEmbeddedJudge, type JudgeSpec } from "../judgeSpec.ts";
import { closeSession, recorderFor, startSession } from "../sessionLifecycle.ts";
import type { SessionRecorder } from "../sessionRecorder.ts";

/** How another judge sees a live recording. */
export interface RejudgedRecording {
  readonly recording: SessionId;
  readonly branch: string;
  /** Judgements made anew, those among them that could not be made included. */
  readonly judged: number;
  readonly failed: number;
  /** Verdicts whose best is another than it was. */
  readonly otherBest: number;
  /** Choices that follow from a verdict and would have been others. */
  readonly otherChoices: number;
}

/**
 * Judges everything that was judged in a live recording by another judge: pictures on the way and
 * dreams of verification, and with them what was chosen. Each session that holds verdicts gets a branch
 * `<session>+<name>`, which shares what was judged and holds what the other judge says of it.
 *
 * @throws {DreamlogError} `SESSION_UNKNOWN`; `ARGUMENT_INVALID` for a judge that is asked elsewhere.
 */
export async function rejudgeRecording(
  open: Pick<OpenLog, "log" | "blobs">,
  recording: SessionId,
  name: string,
  spec: JudgeSpec,
): Promise<RejudgedRecording> {
  requireBranchName(name);
  const judge = createEmbeddedJudge(spec);
  const result = { judged: 0, failed: 0, otherBest: 0, otherChoices: 0 };
  for (const { id: session } of await open.log.sessions(`${recording}/`)) {
    if (/[+~]/.test(session.slice(recording.length))) continue;
    const judgements = await judgementsOf(open.log, session);
    if (judgements.length === 0) continue;
    const { payload } = (await readEvents(open.log, session)).get("started", sessionStarted);
    const { task, seed } = payload;
    invariant(task !== null, "what is judged has a task");
    const recorder = recorderFor({ open }, `${session}+${name}`);
    recorder.advanceToUs(judgements[0]!.sourceTimeUs);
    const parent = { session, event: `${session}#started` };
    const settings = { judge: spec, recording };
    await startSession(recorder, { purpose: "branch", task, seed, settings, parent });
    for (const former of judgements) {
      const verdict = await judgeAnew(recorder, former, judgingProducer(judge, task), judge);
      result.judged += 1;
      if (verdict === null) result.failed += 1;
      else if (isA(former, verdictGiven) && former.payload.best !== verdict.payload.best) {
        result.otherBest += 1;
      }
      if (verdict !== null && (await chooseAnew(recorder, former, verdict))) {
        result.otherChoices += 1;
      }
    }
    await closeSession(recorder, "completed");
  }
  return { recording, branch: name, ...result };
}

/**
 * The live recording that is meant: the named one, or the only one of a log without runs.
 *
 * @returns null when a run is meant.
 */
export async function findRecording(
  log: OpenLog["log"],
  name: string | undefined,
): Promise<SessionId | null> {
  if (name === undefined && (await runsOf(log)).length > 0) return null;
  const recordings: SessionId[] = [];
  for (const { id } of await log.sessions(name)) {
    if ((await recordingOf(log, id)) === id) recordings.push(id);
  }
  return name === undefined
    ? recordings.length === 1
      ? recordings[0]!
      : null
    : (recordings.find((id) => id === name) ?? null);
}

type VerdictEvent = Awaited<ReturnType<typeof judgeAnew>>;

async function judgementsOf(log: OpenLog["log"], session: SessionId): Promise<StoredEvent[]> {
  const types = [verdictGiven.type, judgementFailed.type];
  const found: StoredEvent[] = [];
  for (let afterPosition = 0; ;) {
    const page = await log.read({ session, types, afterPosition });
    found.push(...page);
    const last = page.at(-1);
    if (last === undefined) return found;
    afterPosition = last.position;
  }
}

/** @returns null where this judge cannot say either. */
async function judgeAnew(
  recorder: SessionRecorder,
  former: StoredEvent,
  producer: ReturnType<typeof judgingProducer>,
  judge: ReturnType<typeof createEmbeddedJudge>,
) {
  const causes = await eventsAt(recorder.log, former.causes);
  const name = roleOf(former).replace(/\/failed$/, "");
  const step = { producer, causes };
  const tools = { media: recorder.media, judgeOf: () => judge };
  try {
    return await deriveBy(recorder, giveVerdict, { name, ...step }, tools);
  } catch (error) {
    if (!isJudgementFailure(error)) throw error;
    await deriveBy(recorder, failToJudge, { name: `${name}/failed`, ...step }, tools);
    return null;
  }
}

/**
 * What would have been chosen by the verdict, where one was chosen by the former.
 *
 * @returns whether it is another candidate.
 */
async function chooseAnew(
  recorder: SessionRecorder,
  former: StoredEvent,
  verdict: NonNullable<VerdictEvent>,
): Promise<boolean> {
  const effects = await recorder.log.effectsOf(former.position);
  const choice = effects.find((event) => isA(event, actionChosen));
  if (choice === undefined) return false;
  const causes = await eventsAt(recorder.log, choice.causes);
  const [plan] = causes;
  invariant(plan !== undefined && isA(plan, planProposed), "a choice names its plan first");
  const dreams = (await eventsAt(recorder.log, verdict.causes)).slice(1);
  const best = dreams[verdict.payload.best];
  invariant(best !== undefined && isA(best, dreamImagined), "a choice follows from judged dreams");
  const { candidate } = best.payload;
  const reasons = causes.map((cause) => (cause.position === former.position ? verdict : cause));
  const step = { name: "choice", producer: choiceProducer(candidate), causes: reasons };
  await deriveBy(recorder, chooseAction, step, {});
  return candidate !== choice.payload.candidate;
}

async function eventsAt(log: OpenLog["log"], positions: readonly number[]): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for (const position of positions) {
    const event = await log.get(position);
    invariant(event !== undefined, `the log holds position ${position}`);
    events.push(event);
  }
  return events;
}

function roleOf({ id }: StoredEvent): string {
  return id.slice(id.indexOf("#") + 1);
}
