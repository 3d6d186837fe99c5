import { dreamImagined } from "../../events/dreaming.ts";
import { cropTaken } from "../../events/perception.ts";
import {
  planContextOf,
  planContextTypes,
  readSession,
  type SessionEvents,
} from "../collectedSession.ts";
import type { DreamEvent } from "../dreamCandidates.ts";
import { createJudge } from "../judgeSpec.ts";
import { beginToJudge } from "../judgeDreams.ts";
import { startJudgingThreads } from "../judgingThreads.ts";
import { isRemoteJudge } from "../remote/judgeRemotely.ts";
import { pairPreferences } from "../pairPreferences.ts";
import { pipelined } from "../../remote/pipelined.ts";
import { closeSession, recorderFor, startSession } from "../sessionLifecycle.ts";
import { judgeOf } from "../runModels.ts";
import { parentOf, requireRunning, sessionName, startsOf, type RunContext } from "../runContext.ts";

/** What judging and pairing read of a dreamed session. */
const judgedTypes = [...planContextTypes, cropTaken, dreamImagined];

/** Enough that no thread waits for this one to read the next. */
const startsPerThread = 4;

/** Judges every group of dreams against its goal and pairs the best with each of the others. */
export async function judge(context: RunContext): Promise<void> {
  const { settings, open, progress } = context;
  const recorder = recorderFor({ open }, sessionName(settings, "judge"));
  const spec = judgeOf(settings);
  const judgePort = createJudge(spec, { signal: context.signal });
  await startSession(recorder, {
    purpose: "judge",
    task: null,
    seed: settings.seed,
    settings: { judge: judgePort.producer.component },
    ...parentOf(settings, "judge"),
  });
  const starts = startsOf(settings.startsPerTask);
  progress.begin("judge", starts.length);
  const threads = startJudgingThreads(context, spec, starts.length);
  let failures = 0;
  try {
    // Several starts are judged at a time, by a service or by threads, and written start by start.
    const window = isRemoteJudge(judgePort)
      ? (judgePort.model.spec.concurrency ?? 1)
      : (threads?.size ?? 0) * startsPerThread + 1;
    await pipelined(starts, window, {
      async begin({ task, index }) {
        await requireRunning(context, "judge");
        const session = sessionName(settings, "dream", task, index);
        const dreamed = await readSession(open.log, session, judgedTypes);
        const dreams = dreamsOf(dreamed);
        const name = `${task}/${String(index).padStart(5, "0")}`;
        const goal = dreamed.get("goal/crop/objectOnly", cropTaken);
        const request = { name, task, goal, dreams };
        const judgement =
          dreams.length < 2 ? null : await beginToJudge(recorder, judgePort, request, threads);
        return { name, dreamed, dreams, judgement };
      },
      async finish({ name, dreamed, dreams, judgement }) {
        const verdict = (await judgement?.finish()) ?? null;
        const context = planContextOf(dreamed);
        if (verdict === null) failures += 1;
        else await pairPreferences(recorder, `${name}/pairs`, context, verdict, dreams);
        progress.advance(1);
      },
      keep: async ({ judgement }) => judgement?.keep(),
    });
  } finally {
    await threads?.close();
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
