import type { LogWriter } from "../../../store/logWriter.ts";
import type { Task } from "../../core/cell.ts";
import type { Clock } from "../../core/clock.ts";
import type { SessionId } from "../../events/envelope.ts";
import type { Environment } from "../../ports/environment.ts";
import type { Planner } from "../../ports/planner.ts";
import type { Segmenter } from "../../ports/segmenter.ts";
import type { ArmKinematics } from "../../robot/armKinematics.ts";
import { beginScene } from "../beginScene.ts";
import { carryOut } from "../carryOut.ts";
import { compileCandidate, renderCandidates } from "../dreamCandidates.ts";
import { observeFrame } from "../observe.ts";
import type { RemotePlanner } from "../plannerSpec.ts";
import { proposePlan } from "../proposePlan.ts";
import { recordChoice } from "../recordChoice.ts";
import { runSession, startSession } from "../sessionLifecycle.ts";
import { LiveRecorder } from "./liveRecorder.ts";

export interface LivePrimitiveRequest {
  /** A session of its own, with the roles of a collected one, so that all that reads those reads it. */
  readonly session: SessionId;
  readonly task: Task;
  readonly candidateCount: number;
  readonly planner: Planner | RemotePlanner;
  readonly environment: Environment;
  readonly segmenter: Segmenter;
  readonly kinematics: ArmKinematics;
}

/** How a primitive on a live cell ended. */
export type LivePrimitiveOutcome = "done" | "refused" | "failed";

/** One turn of the session loop on a live cell: observe, plan, act, observe again. */
export async function runLivePrimitive(
  writer: LogWriter,
  clock: Clock,
  request: LivePrimitiveRequest,
): Promise<LivePrimitiveOutcome> {
  const { session, task, candidateCount, planner, environment, segmenter, kinematics } = request;
  const recorder = new LiveRecorder(writer, session, clock);
  let outcome: LivePrimitiveOutcome = "refused";
  const ended = await runSession(recorder, async () => {
    await startSession(recorder, {
      purpose: "live",
      task,
      seed: session,
      settings: { candidateCount },
    });
    const begun = await beginScene(
      recorder,
      { environment, segmenter },
      { task, startSeed: session },
    );
    const { camera, goal, start } = begun;
    const context = await proposePlan(recorder, planner, {
      task,
      start,
      goal,
      camera,
      candidateCount,
      seed: session,
    });
    for (let candidate = 0; candidate < context.plan.payload.candidates.length; candidate++) {
      const compiled = await compileCandidate(recorder, kinematics, context, candidate);
      if (compiled === null) continue;
      await recordChoice(recorder, context, candidate);
      const [rendered] = await renderCandidates(recorder, kinematics, context, [candidate]);
      const carriedOut = await carryOut(recorder, environment, rendered!.primitive);
      if (carriedOut.final !== null) outcome = "done";
      const later = carriedOut.final === null ? [] : [...carriedOut.motion, carriedOut.final];
      for (const [at, frame] of later.entries()) {
        const name = frame === carriedOut.final ? "final" : `motion/${at}`;
        await observeFrame(recorder, camera, start.track, name, frame);
      }
      return;
    }
  });
  return ended === "failed" ? "failed" : outcome;
}
