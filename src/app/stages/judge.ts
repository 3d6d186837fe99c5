import { createGeometricJudge } from "../../judging/geometricJudge.ts";
import { dreamImagined } from "../../events/dreaming.ts";
import { preferencesPaired } from "../../events/learning.ts";
import { cropTaken } from "../../events/perception.ts";
import { planContextOf, readSession, type SessionEvents } from "../collectedSession.ts";
import type { DreamEvent } from "../dreamCandidates.ts";
import { judgeDreams, type VerdictEvent } from "../judgeDreams.ts";
import { exactProducer } from "../producers.ts";
import { closeSession, recorderFor, startSession } from "../sessionLifecycle.ts";
import { requireRunning, sessionName, startsOf, type RunContext } from "../runContext.ts";
import type { SessionRecorder } from "../sessionRecorder.ts";

const pairingProducer = exactProducer("learning.preferencePairs", 1);

/** Judges every group of dreams against its goal and pairs the best with each of the others. */
export async function judge(context: RunContext): Promise<void> {
  const { settings, open, progress } = context;
  const recorder = recorderFor({ open }, sessionName(settings, "judge"));
  const judgePort = createGeometricJudge();
  await startSession(recorder, {
    purpose: "judge",
    task: null,
    seed: settings.seed,
    settings: { judge: judgePort.producer.component },
  });
  const starts = startsOf(settings.startsPerTask);
  progress.begin("judge", starts.length);
  let failures = 0;
  for (const { task, index } of starts) {
    await requireRunning(context, "judge");
    const dreamed = await readSession(open.log, sessionName(settings, "dream", task, index));
    const dreams = dreamsOf(dreamed);
    const name = `${task}/${String(index).padStart(5, "0")}`;
    const goal = dreamed.get("goal/crop/objectOnly", cropTaken);
    const verdict =
      dreams.length < 2
        ? null
        : await judgeDreams(recorder, judgePort, { name, task, goal, dreams });
    if (verdict === null) failures += 1;
    else await pairPreferences(recorder, name, dreamed, dreams, verdict);
    progress.advance(1);
  }
  await closeSession(recorder, "completed");
  progress.end(`${starts.length - failures} verdicts, ${failures} without one`);
}

/** The dreams of a session, in order of candidate. */
export function dreamsOf(events: SessionEvents): readonly DreamEvent[] {
  const { candidates } = planContextOf(events).plan.payload;
  return candidates.flatMap((_, candidate) => {
    const dream = events.find(`candidate/${candidate}/dream`, dreamImagined);
    return dream === undefined ? [] : [dream];
  });
}

function pairPreferences(
  recorder: SessionRecorder,
  name: string,
  dreamed: SessionEvents,
  dreams: readonly DreamEvent[],
  verdict: VerdictEvent,
) {
  const { plan, current, goal, camera } = planContextOf(dreamed);
  return recorder.derived(
    `${name}/pairs`,
    preferencesPaired,
    { producer: pairingProducer, causes: [plan, verdict, current, goal, camera] },
    () => {
      const actionOf = (dream: DreamEvent) =>
        plan.payload.candidates[dream.payload.candidate]!.action;
      const [best, ...others] = verdict.payload.ranking.map((index) => actionOf(dreams[index]!));
      return { task: dreamed.task, positive: best!, negatives: others };
    },
  );
}
