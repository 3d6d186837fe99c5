import { createSystemClock } from "../core/clock.ts";
import type { Digest } from "../core/digest.ts";
import { invariant } from "../core/errors.ts";
import { loadWorldModel } from "../dreaming/worldModel.ts";
import type { Position, SessionId } from "../events/envelope.ts";
import { cropTaken } from "../events/perception.ts";
import { createArmKinematics } from "../robot/armKinematics.ts";
import type { CreateHandler } from "../workers/serve.ts";
import { openLog } from "../../store/openLog.ts";
import { planContextOf, readSession } from "./collectedSession.ts";
import { dreamCandidates, renderCandidates } from "./dreamCandidates.ts";
import { recorderFor, runSession, startSession } from "./sessionLifecycle.ts";

export interface DreamSetup {
  readonly logPath: string;
  /** Where the log holds the world model's training. */
  readonly checkpoint: Position;
  readonly weights: Digest;
  readonly samplingSteps: number;
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
  const worldModel = await loadWorldModel({
    checkpoint: await open.blobs.get(setup.weights),
    samplingSteps: setup.samplingSteps,
  });
  const checkpoint = await open.log.get(setup.checkpoint);
  invariant(checkpoint !== undefined, "the trained world model is in the log");

  return async ({ source, session }) => {
    const recorder = recorderFor({ open }, session);
    const result = await runSession(recorder, async () => {
      const events = await readSession(open.log, source);
      const context = planContextOf(events);
      await startSession(recorder, {
        purpose: "dream",
        task: events.task,
        seed: source,
        settings: { samplingSteps: setup.samplingSteps, weights: setup.weights },
        parent: { session: source, event: context.plan.id },
      });
      const all = context.plan.payload.candidates.map((_, candidate) => candidate);
      const rendered = await renderCandidates(recorder, kinematics, context, all);
      const crop = events.get("start/crop/objectOnly", cropTaken);
      await dreamCandidates(recorder, worldModel, checkpoint, crop, rendered);
    });
    return { result };
  };
};
