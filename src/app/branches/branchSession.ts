import type { Task } from "../../core/cell.ts";
import { cameraCalibrated } from "../../events/environment.ts";
import type { SessionId } from "../../events/envelope.ts";
import { sessionStarted } from "../../events/session.ts";
import type { EventLog } from "../../ports/eventLog.ts";
import { readEvents } from "../collectedSession.ts";
import { createEmbeddedJudge } from "../judgeSpec.ts";
import { closeDreamer, loadDreamer } from "../dreamer.ts";
import type { RunContext } from "../runContext.ts";
import { createTestbed, type Testbed } from "../testbed.ts";
import { branchModels, type BranchModels } from "./branchModels.ts";
import { requireBranchName } from "./branchName.ts";
import { findBranchPoint, type BranchPoint } from "./branchPoint.ts";
import { createDreamedEnvironment } from "./dreamedEnvironment.ts";
import { beginBranch, type NewGoal } from "./newGoal.ts";
import { perceive } from "./perceive.ts";
import type { PlannerChoice } from "./plannerChoice.ts";
import { rollOut, type BranchEnvironment, type StepResult } from "./rollOut.ts";
import { createSimulatedEnvironment } from "./simulatedEnvironment.ts";
import type { WorldModelSpec } from "./worldModelChoice.ts";

export interface SessionBranchRequest {
  readonly at: { readonly session: SessionId; readonly seq: number };
  readonly environment: BranchEnvironment["name"];
  readonly planner: PlannerChoice;
  /** Dreams instead of what the session's run or branch dreams with. */
  readonly worldModel?: WorldModelSpec;
  /** To work towards; the session's own goal when left out. */
  readonly goal?: NewGoal;
  /** Primitives, 1 or more. */
  readonly steps: number;
  readonly name: string;
}

export interface BranchedSession {
  /** Its steps are the sessions `<branch>/1`, `<branch>/2` and so on. */
  readonly branch: SessionId;
  readonly from: { readonly session: SessionId; readonly seq: number; readonly type: string };
  readonly steps: readonly StepResult[];
}

/**
 * Goes on from a logged observation, in the simulator or in the world model of the session's run.
 *
 * @throws {DreamlogError} what finding the observation, the planner and the models throws, and what
 *   `rollOut` throws.
 */
export async function branchSession(
  working: Pick<RunContext, "open" | "progress" | "signal">,
  request: SessionBranchRequest,
): Promise<BranchedSession> {
  const { log } = working.open;
  requireBranchName(request.name);
  const point = await findBranchPoint(log, request.at);
  const branch = `${point.session}~${request.name}`;
  const models = await branchModels(working.open, point.session, branch);
  const plannerSpec = await models.planner(request.planner);
  const testbed = await createTestbed(working.open.path, models.segmenter);
  try {
    const { progress, signal } = working;
    const { environment, close } = await environmentOf(testbed, request, point, models, signal);
    const { segmenter } = testbed;
    const asked = { goal: request.goal ?? null, segmenter, segmenterSpec: models.segmenter };
    progress.begin("branch", request.steps);
    try {
      const camera = point.events.get("camera", cameraCalibrated);
      const scene = { segmenter, camera, events: point.events };
      const begin = await beginBranch(working.open, point, branch, asked);
      const steps = await rollOut(
        {
          open: testbed.open,
          kinematics: testbed.kinematics,
          planner: await testbed.plannerFor(plannerSpec),
          environment,
          perceive: (recorder, observation) => perceive(recorder, scene, observation),
          task: point.task,
          goal: begin.goal,
          camera,
          seed: await startSeedOf(log, point.session),
          settings: { environment: environment.name, planner: plannerSpec },
          signal,
        },
        { session: begin.session, fork: begin.fork, observation: point.observation },
        { branch, steps: request.steps },
        () => progress.advance(1),
      );
      progress.end(`${steps.length} primitives`);
      const { session, fork } = point;
      return { branch, from: { session, seq: fork.seq, type: fork.type }, steps };
    } finally {
      await close();
    }
  } finally {
    await testbed.close();
  }
}

async function environmentOf(
  testbed: Testbed,
  request: SessionBranchRequest,
  point: BranchPoint,
  models: BranchModels,
  signal: AbortSignal,
): Promise<{ readonly environment: BranchEnvironment; readonly close: () => Promise<void> }> {
  const { log } = testbed.open;
  if (request.environment === "sim") {
    const start: { task: Task; seed: string } = {
      task: point.task,
      seed: await startSeedOf(log, point.session),
    };
    const environment = createSimulatedEnvironment(testbed.environment, log, start);
    return { environment, close: () => Promise.resolve() };
  }
  const { kinematics } = testbed;
  const source = await models.worldModel(request.worldModel);
  const dreamer = await loadDreamer(testbed.open, source, signal);
  const judge = createEmbeddedJudge(models.judge);
  return {
    environment: createDreamedEnvironment({ dreamer, judge, kinematics }),
    close: () => closeDreamer(dreamer),
  };
}

/** What the root of a session's lineage was started with; branches have names of their own. */
async function startSeedOf(log: EventLog, session: SessionId): Promise<string> {
  for (let root = session; ;) {
    const parent = (await log.session(root))?.parent;
    if (parent == null) {
      return (await readEvents(log, root)).get("started", sessionStarted).payload.seed;
    }
    root = parent.session;
  }
}
