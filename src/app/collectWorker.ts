import type { Task } from "../core/cell.ts";
import type { SessionId } from "../events/envelope.ts";
import type { CreateHandler } from "../workers/serve.ts";
import { carryOut, scoreFinalState } from "./carryOut.ts";
import { compileCandidate, renderCandidates } from "./dreamCandidates.ts";
import { deriveCrop, observeFrame } from "./observe.ts";
import type { PlannerSpec } from "./plannerSpec.ts";
import { proposePlan } from "./proposePlan.ts";
import { recordChoice } from "./recordChoice.ts";
import { beginScene } from "./beginScene.ts";
import { readScene } from "./readScene.ts";
import type { SegmenterSpec } from "./segmenterSpec.ts";
import { recorderFor, runSession, startSession } from "./sessionLifecycle.ts";
import { createTestbed } from "./testbed.ts";

export interface CollectJob {
  readonly session: string;
  readonly task: Task;
  readonly startSeed: string;
  readonly candidateCount: number;
  readonly planner: PlannerSpec;
  /** Also take the crops of the full-scene ablation. */
  readonly withFullScene: boolean;
  /** In a branch: the session whose observations it shares and plans for anew. */
  readonly observed?: SessionId;
}

export type CollectOutcome = "done" | "already" | "failed";

/** One collected trajectory: observe, plan, act, observe again, score. */
export const createHandler: CreateHandler<
  { readonly logPath: string; readonly segmenter?: SegmenterSpec },
  CollectJob,
  CollectOutcome
> = async ({ logPath, segmenter }) => {
  const testbed = await createTestbed(logPath, segmenter);
  const { environment, kinematics } = testbed;

  return async (job) => {
    const recorder = recorderFor(testbed, job.session);
    const planner = await testbed.plannerFor(job.planner);
    const result = await runSession(recorder, async () => {
      const { session: _session, startSeed, task, ...settings } = job;
      const shared =
        job.observed === undefined ? null : await readScene(recorder, testbed, job.observed);
      await startSession(recorder, {
        purpose: "collect",
        task,
        seed: startSeed,
        settings,
        ...(shared === null ? {} : { parent: shared.end }),
      });
      if (shared !== null) await environment.reset({ task, seed: startSeed });
      const { camera, goal, start } = shared ?? (await beginScene(recorder, testbed, job));
      const { candidateCount } = job;
      const context = await proposePlan(recorder, planner, {
        task,
        start,
        goal,
        camera,
        candidateCount,
        seed: startSeed,
      });
      // A planner that is asked elsewhere may have named fewer.
      const named = context.plan.payload.candidates.length;
      const candidate = await firstFeasible(named, async (at) => {
        return (await compileCandidate(recorder, kinematics, context, at)) !== null;
      });
      if (candidate === null) return;
      await recordChoice(recorder, context, candidate);
      const [rendered] = await renderCandidates(recorder, kinematics, context, [candidate]);
      const carriedOut = await carryOut(recorder, environment, rendered!.primitive);
      if (carriedOut.final === null) return;
      const later = [...carriedOut.motion, carriedOut.final];
      for (const [at, frame] of later.entries()) {
        const name = frame === carriedOut.final ? "final" : `motion/${at}`;
        const { mask } = await observeFrame(recorder, camera, start.track, name, frame);
        if (job.withFullScene) {
          await deriveCrop(recorder, name, "fullScene", camera, frame, mask);
        }
      }
      if (job.withFullScene) {
        await deriveCrop(recorder, "start", "fullScene", camera, start.frame, start.mask);
      }
      const { truth } = await environment.observe();
      if (truth !== null) await scoreFinalState(recorder, task, goal, truth);
    });
    return { result };
  };
};

/** The first candidate the arms can carry out, in the planner's order. */
async function firstFeasible(
  count: number,
  isFeasible: (candidate: number) => Promise<boolean>,
): Promise<number | null> {
  for (let candidate = 0; candidate < count; candidate++) {
    if (await isFeasible(candidate)) return candidate;
  }
  return null;
}
