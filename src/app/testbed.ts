import { createSystemClock } from "../core/clock.ts";
import type { Planner } from "../ports/planner.ts";
import type { Segmenter } from "../ports/segmenter.ts";
import { createArmKinematics, type ArmKinematics } from "../robot/armKinematics.ts";
import { createSimulatedCell, type SimulatedCell } from "../sim/simulatedCell.ts";
import { createPlannerShelf, type PlannerSpec, type RemotePlanner } from "./plannerSpec.ts";
import { defaultSegmenter, loadSegmenter, type SegmenterSpec } from "./segmenterSpec.ts";
import { openLog, type OpenLog } from "../../store/openLog.ts";

/** What one thread needs to run sessions: the log and the embedded adapters. */
export interface Testbed {
  readonly open: OpenLog;
  readonly environment: SimulatedCell;
  readonly segmenter: Segmenter;
  readonly kinematics: ArmKinematics;
  plannerFor(spec: PlannerSpec): Promise<Planner | RemotePlanner>;
  close(): Promise<void>;
}

/** Fractions of the primitive at which bulk collection takes a frame: the world model's targets. */
export const motionFrameFractions = [0.5, 0.65, 0.8] as const;

/** Builds the embedded adapters over one connection to the log. */
export async function createTestbed(
  logPath: string,
  segmenterSpec: SegmenterSpec = defaultSegmenter,
): Promise<Testbed> {
  const open = openLog({ path: logPath, clock: createSystemClock() });
  const segmenter = await loadSegmenter(segmenterSpec);
  const kinematics = await createArmKinematics();
  const environment = await createSimulatedCell({
    motionFrames: { fractions: motionFrameFractions },
  });
  return {
    open,
    environment,
    segmenter,
    kinematics,
    plannerFor: createPlannerShelf(open.blobs),
    async close() {
      await environment.close();
      kinematics.close();
      await segmenter.release?.();
      await open.close();
    },
  };
}
