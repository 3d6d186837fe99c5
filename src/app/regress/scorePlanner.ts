import type { Task } from "../../core/cell.ts";
import { ManualClock } from "../../core/clock.ts";
import { isDreamlogError } from "../../core/errors.ts";
import { createColourSegmenter } from "../../perception/colourSegmenter.ts";
import type { Planner } from "../../ports/planner.ts";
import { createArmKinematics } from "../../robot/armKinematics.ts";
import { createSimulatedCell } from "../../sim/simulatedCell.ts";
import { createMemoryLog } from "../../../store/openLog.ts";
import { beginScene } from "../beginScene.ts";
import { carryOut, scoreFinalState } from "../carryOut.ts";
import { compileCandidate } from "../dreamCandidates.ts";
import { proposePlan } from "../proposePlan.ts";
import { recorderFor, startSession } from "../sessionLifecycle.ts";

/** A start by its name, which is all it is made from. */
export interface Start {
  readonly task: Task;
  readonly seed: string;
}

/** Lets planners try starts in a simulated cell, one primitive each, as evaluation does. */
export interface ScoringCell {
  /** @returns a score in {0, 0.5, 1}; 0 when the arms cannot carry out what is planned. */
  score(planner: Planner, start: Start): Promise<number>;
  close(): Promise<void>;
}

/**
 * Builds a cell. Every trial runs through the same code as a run's evaluation does, on a log in memory
 * that is dropped with it.
 */
export async function createScoringCell(): Promise<ScoringCell> {
  const kinematics = await createArmKinematics();
  // Nobody looks at the motion here.
  const environment = await createSimulatedCell({ motionFrames: { fractions: [] } });
  const segmenter = createColourSegmenter();
  return {
    async score(planner, { task, seed }) {
      const open = createMemoryLog({ clock: new ManualClock(0) });
      const recorder = recorderFor({ open }, "trial");
      await startSession(recorder, { purpose: "trial", task, seed, settings: {} });
      const testbed = { environment, segmenter };
      try {
        const { camera, goal, start } = await beginScene(recorder, testbed, {
          task,
          startSeed: seed,
        });
        const request = { task, start, goal, camera, candidateCount: 1, seed };
        const context = await proposePlan(recorder, planner, request);
        const primitive = await compileCandidate(recorder, kinematics, context, 0);
        if (primitive === null) return 0;
        const { final } = await carryOut(recorder, environment, primitive);
        const { truth } = await environment.observe();
        if (final === null || truth === null) return 0;
        return (await scoreFinalState(recorder, task, goal, truth)).payload.score;
      } catch (error) {
        // As in evaluation: an object that cannot be seen cannot be moved to its goal.
        if (isDreamlogError(error, "MASK_EMPTY")) return 0;
        throw error;
      }
    },
    async close() {
      await environment.close();
      kinematics.close();
    },
  };
}
