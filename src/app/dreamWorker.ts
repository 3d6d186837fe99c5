import { createSystemClock } from "../core/clock.ts";
import type { SessionId } from "../events/envelope.ts";
import { cameraFrameCaptured } from "../events/environment.ts";
import { cropTaken, maskSegmented } from "../events/perception.ts";
import { createArmKinematics } from "../robot/armKinematics.ts";
import type { CreateHandler } from "../workers/serve.ts";
import { openLog } from "../../store/openLog.ts";
import { planContextOf, readSession } from "./collectedSession.ts";
import { renderCandidates } from "./dreamCandidates.ts";
import { dreamWith, isRemoteSource, loadDreamer, type DreamerSource } from "./dreamer.ts";
import { whileOpen } from "./remote/whileOpen.ts";
import { recorderFor, runSession, startSession } from "./sessionLifecycle.ts";

export interface DreamSetup {
  readonly logPath: string;
  readonly dreamer: DreamerSource;
}

export interface DreamJob {
  /** The collected session whose plan is dreamed. */
  readonly source: SessionId;
  /** The branch that holds its dreams. */
  readonly session: SessionId;
}

/**
 * Dreams all candidates of collected plans. Each group is a branch of the session it was planned in,
 * forked at the plan: what would have happened, had another candidate been carried out.
 */
export const createHandler: CreateHandler<
  DreamSetup,
  DreamJob,
  "done" | "already" | "failed"
> = async (setup) => {
  const open = openLog({ path: setup.logPath, clock: createSystemClock() });
  const kinematics = await createArmKinematics();
  const waiting = new AbortController();
  const dreamer = await loadDreamer(open, setup.dreamer, waiting.signal);

  return async ({ source, session }, report) => {
    const recorder = recorderFor({ open }, session);
    const dreamAll = async () => {
      const events = await readSession(open.log, source);
      const context = planContextOf(events);
      await startSession(recorder, {
        purpose: "dream",
        task: events.task,
        seed: source,
        settings: settingsOf(setup.dreamer),
        parent: { session: source, event: context.plan.id },
      });
      const all = context.plan.payload.candidates.map((_, candidate) => candidate);
      const rendered = await renderCandidates(recorder, kinematics, context, all);
      const seen = {
        frame: events.get("start/frame", cameraFrameCaptured),
        mask: events.get("start/mask", maskSegmented),
      };
      const crop = events.get("start/crop/objectOnly", cropTaken);
      const { task } = events;
      const scene = { task, camera: context.camera, crop, seen, kinematics };
      await dreamWith(recorder, dreamer, scene, rendered);
    };
    return { result: await whileOpen(report, waiting, () => runSession(recorder, dreamAll)) };
  };
};

/** What a session of dreams says that it was made with. */
function settingsOf(source: DreamerSource): object {
  if (isRemoteSource(source)) return { worldModel: source };
  const { samplingSteps, weights } = source;
  return { samplingSteps, weights };
}
