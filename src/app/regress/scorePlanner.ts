import type { Task } from "../../core/cell.ts";
import { ManualClock } from "../../core/clock.ts";
import type { SessionId } from "../../events/envelope.ts";
import type { Planner } from "../../ports/planner.ts";
import { createArmKinematics } from "../../robot/armKinematics.ts";
import { createSimulatedCell } from "../../sim/simulatedCell.ts";
import { createMemoryLog, type OpenLog } from "../../../store/openLog.ts";
import { beginScene } from "../beginScene.ts";
import { carryOut, scoreFinalState } from "../carryOut.ts";
import { compileCandidate } from "../dreamCandidates.ts";
import { proposePlan } from "../proposePlan.ts";
import { recordChoice } from "../recordChoice.ts";
import { defaultSegmenter, loadSegmenter, type SegmenterSpec } from "../segmenterSpec.ts";
import { recorderFor, runSession, startSession } from "../sessionLifecycle.ts";
import type { SessionRecorder } from "../sessionRecorder.ts";
import type { Testbed } from "../testbed.ts";

/** A start by its name, which is all it is made from. */
export interface Start {
  readonly task: Task;
  readonly seed: string;
}

/** Lets planners try starts in a simulated cell, one primitive each, as evaluation does. */
export interface ScoringCell {
  /**
   * Records the trial as a session of a log.
   *
   * @param session - a new one.
   * @returns a score in {0, 0.5, 1}; 0 when the arms cannot carry out what is planned.
   */
  record(
    open: Pick<OpenLog, "log" | "blobs">,
    session: SessionId,
    planner: Planner,
    start: Start,
  ): Promise<number>;
  /** The same on a log in memory that is dropped with it. */
  score(planner: Planner, start: Start): Promise<number>;
  close(): Promise<void>;
}

/**
 * Builds a cell. Every trial runs through the same code as a run's evaluation does.
 *
 * @throws {DreamlogError} as `loadSegmenter`.
 */
export async function createScoringCell(
  segmenterSpec: SegmenterSpec = defaultSegmenter,
): Promise<ScoringCell> {
  const segmenter = await loadSegmenter(segmenterSpec);
  const kinematics = await createArmKinematics();
  // Nobody looks at the motion here.
  const environment = await createSimulatedCell({ motionFrames: { fractions: [] } });
  const testbed = { environment, segmenter, kinematics };
  const record: ScoringCell["record"] = async (open, session, planner, start) => {
    const recorder = recorderFor({ open }, session);
    let score = 0;
    await runSession(recorder, async () => {
      const { task, seed } = start;
      await startSession(recorder, { purpose: "trial", task, seed, settings: {} });
      score = await tryStart(recorder, testbed, planner, start);
    });
    return score;
  };
  return {
    record,
    score(planner, start) {
      const open = createMemoryLog({ clock: new ManualClock(0) });
      return record(open, "trial", planner, start);
    },
    async close() {
      await environment.close();
      kinematics.close();
      await segmenter.release?.();
    },
  };
}

async function tryStart(
  recorder: SessionRecorder,
  testbed: Pick<Testbed, "environment" | "segmenter" | "kinematics">,
  planner: Planner,
  { task, seed }: Start,
): Promise<number> {
  const { environment, kinematics } = testbed;
  const { camera, goal, start } = await beginScene(recorder, testbed, { task, startSeed: seed });
  const request = { task, start, goal, camera, candidateCount: 1, seed };
  const context = await proposePlan(recorder, planner, request);
  const primitive = await compileCandidate(recorder, kinematics, context, 0);
  if (primitive === null) return 0;
  await recordChoice(recorder, context, 0);
  const { final } = await carryOut(recorder, environment, primitive);
  const { truth } = await environment.observe();
  if (final === null || truth === null) return 0;
  return (await scoreFinalState(recorder, task, goal, truth)).payload.score;
}
