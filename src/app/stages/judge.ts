import { dreamImagined } from "../../events/dreaming.ts";
import { cropTaken } from "../../events/perception.ts";
import { planContextOf, readSession, type SessionEvents } from "../collectedSession.ts";
import type { DreamEvent } from "../dreamCandidates.ts";
import { createJudge, defaultJudge } from "../judgeSpec.ts";
import { judgeDreams } from "../judgeDreams.ts";
import { pairPreferences } from "../pairPreferences.ts";
import { closeSession, recorderFor, startSession } from "../sessionLifecycle.ts";
import { parentOf, requireRunning, sessionName, startsOf, type RunContext } from "../runContext.ts";

/** Judges every group of dreams against its goal and pairs the best with each of the others. */
export async function judge(context: RunContext): Promise<void> {
  const { settings, open, progress } = context;
  const recorder = recorderFor({ open }, sessionName(settings, "judge"));
  const judgePort = createJudge(settings.branch?.judge ?? defaultJudge);
  await startSession(recorder, {
    purpose: "judge",
    task: null,
    seed: settings.seed,
    settings: { judge: judgePort.producer.component },
    ...parentOf(settings, "judge"),
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
    else await pairPreferences(recorder, `${name}/pairs`, planContextOf(dreamed), verdict, dreams);
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
