import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { CellFile } from "../../../hardware/cellFile/parseCellFile.ts";
import { openLink } from "../../../hardware/link/openLink.ts";
import { LiveCell, type LiveFrame } from "../../../hardware/liveCell.ts";
import type { StreamTally } from "../../../hardware/intake/cellIntake.ts";
import type { HaltReason } from "../../../hardware/safety/safetyGate.ts";
import { openLogWriter, type LogWriter } from "../../../store/logWriter.ts";
import { cropWindow, type Task } from "../../core/cell.ts";
import { createStopwatch, createSystemClock, type Clock } from "../../core/clock.ts";
import { DreamlogError, isDreamlogError } from "../../core/errors.ts";
import type { Box, RgbImage } from "../../core/image.ts";
import { cellConfigured } from "../../events/hardware.ts";
import { sessionClosed } from "../../events/session.ts";
import { createColourSegmenter } from "../../perception/colourSegmenter.ts";
import { createArmKinematics, type ArmKinematics } from "../../robot/armKinematics.ts";
import { loadPlanner, type PlannerSpec } from "../plannerSpec.ts";
import { driverProducer } from "../producers.ts";
import { startSession } from "../sessionLifecycle.ts";
import { createLiveEnvironment } from "./liveEnvironment.ts";
import { runLivePrimitive, type LivePrimitiveOutcome } from "./livePrimitive.ts";
import { LiveRecorder } from "./liveRecorder.ts";
import { createLogSink, type LogSink } from "./logSink.ts";

const statusMs = 500;
/** Longest that a cell may take to answer before the session is given up. */
const connectSeconds = 10;

/** What the planner is to do on the cell; without it, a session only observes. */
export interface LivePlan {
  readonly planner: PlannerSpec;
  readonly task: Task;
  readonly goal: RgbImage;
  /** The workspace square of the camera when left out. */
  readonly boxes: { readonly start?: Box; readonly goal?: Box };
  readonly candidateCount: number;
  /** Primitives to carry out, one after the other. */
  readonly primitiveCount: number;
}

/** How a session stands, for a status line. */
export interface LiveStatus {
  readonly seconds: number;
  readonly isConnected: boolean;
  readonly haltedBy: HaltReason | null;
  readonly streams: readonly StreamTally[];
  readonly rejected: number;
  readonly dropped: number;
  readonly interventions: number;
  readonly commandsSent: number;
  /** 99th percentile of this program's lag since the last status, milliseconds. */
  readonly lagMs: number;
}

export interface RecordRequest {
  readonly logPath: string;
  readonly session: string;
  readonly cell: CellFile;
  readonly isArmed: boolean;
  readonly plan: LivePlan | null;
  /** Null records until `signal`, or until the plan is done. */
  readonly durationSeconds: number | null;
  readonly signal: AbortSignal;
  readonly onStatus: (status: LiveStatus) => void;
  /** Gets the cell as soon as it is being connected to: whoever has it may halt it, and command it. */
  readonly onReady?: (cell: LiveCell) => void;
}

export interface RecordedSession {
  readonly session: string;
  readonly reason: "completed" | "interrupted";
  readonly status: LiveStatus;
  readonly primitives: readonly LivePrimitiveOutcome[];
}

/**
 * Records a live cell until its plan is done, its time is over or it is interrupted; the session is
 * closed in the log however it ends.
 *
 * @throws {DreamlogError} `LINK_FAILED` when the cell does not answer; `CELL_FILE_INVALID` for an armed
 *   robot behind a protocol without actions; what the log throws.
 */
export async function recordSession(request: RecordRequest): Promise<RecordedSession> {
  const { logPath, session, cell } = request;
  requireActions(request);
  const clock = createSystemClock();
  const writer = await openLogWriter({ path: logPath, clock });
  const kinematics = await createArmKinematics();
  try {
    const recorder = new LiveRecorder(writer, session, clock);
    const { isArmed, plan } = request;
    await startSession(recorder, {
      purpose: "live",
      task: plan?.task ?? null,
      seed: session,
      settings: { cell: cell.description.name, isArmed, planner: plan?.planner ?? null },
    });
    const close = (reason: "completed" | "interrupted" | "failed", note: string) =>
      recorder.fact("closed", sessionClosed, { reason, note }, { producer: driverProducer });
    try {
      const recorded = await recordOpened(request, writer, kinematics, clock);
      await close(recorded.reason, "");
      return recorded;
    } catch (error) {
      if (isDreamlogError(error)) await close("failed", `${error.code}: ${error.message}`);
      throw error;
    }
  } finally {
    kinematics.close();
    await writer.close();
  }
}

/** Fingers move by actions, which one of the protocols does not have. */
function requireActions({ isArmed, plan, cell }: RecordRequest): void {
  const { protocol } = cell.description.link;
  if (!isArmed || plan === null || protocol === "rosbridge") return;
  throw new DreamlogError(
    "CELL_FILE_INVALID",
    `expected link.protocol rosbridge for an armed robot, found ${protocol}, which has no actions to move fingers by; change it, or leave --arm-the-robot out`,
    { protocol },
  );
}

async function recordOpened(
  request: RecordRequest,
  writer: LogWriter,
  kinematics: ArmKinematics,
  clock: Clock,
): Promise<RecordedSession> {
  const { session, cell: file, isArmed, durationSeconds, signal, onStatus } = request;
  const ending = endingOf(signal, durationSeconds);
  let failure: Error | null = null;
  const sink = createLogSink(writer, session, "drop", (error) => {
    failure ??= error;
    ending.end();
  });
  const { name } = file.description;
  sink.record("session", cellConfigured, { name, file: file.text, isArmed }, clock.nowUs());
  let latest: LiveFrame | null = null;
  const cell = new LiveCell({
    cell: file,
    kinematics,
    sink,
    isArmed,
    nowUs: () => clock.nowUs(),
    openLink: (options) => openLink(file.description, options),
    onFrame: (frame) => (latest = frame),
  });
  const whenOver = ending.signal;
  const reporter = createReporter(cell, sink, onStatus);
  const primitives: LivePrimitiveOutcome[] = [];
  try {
    request.onReady?.(cell);
    await waitForCell(cell, () => latest !== null, file.description.link.url, whenOver);
    if (request.plan === null) await pause(whenOver);
    else {
      const environment = { cell, kinematics, clock, latestFrame: () => latest, signal: whenOver };
      for await (const outcome of carryOutPlan(request, request.plan, writer, environment)) {
        primitives.push(outcome);
      }
    }
  } finally {
    await cell.close();
    await sink.flush();
    reporter.end();
    ending.release();
  }
  // Set by the log's answers meanwhile, which the type checker does not see.
  const failed = failure as Error | null;
  if (failed !== null) throw failed;
  const reason = signal.aborted ? "interrupted" : "completed";
  return { session, reason, status: reporter.status(), primitives };
}

/**
 * What ends a session: the operator, its time, or a failure. Held by this program: a signal composed of
 * others by `AbortSignal.any` may be collected with its timeout before it fires.
 */
function endingOf(signal: AbortSignal, durationSeconds: number | null) {
  const ending = new AbortController();
  const end = () => ending.abort();
  const timer = durationSeconds === null ? undefined : setTimeout(end, durationSeconds * 1000);
  signal.addEventListener("abort", end);
  if (signal.aborted) end();
  return {
    signal: ending.signal,
    end,
    release() {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
    },
  };
}

async function* carryOutPlan(
  request: RecordRequest,
  plan: LivePlan,
  writer: LogWriter,
  live: {
    readonly cell: LiveCell;
    readonly kinematics: ArmKinematics;
    readonly clock: Clock;
    readonly latestFrame: () => LiveFrame | null;
    readonly signal: AbortSignal;
  },
): AsyncGenerator<LivePrimitiveOutcome> {
  const { cell, kinematics, clock, latestFrame, signal } = live;
  const planner = await loadPlanner(plan.planner, writer.blobs);
  const segmenter = createColourSegmenter();
  for (let at = 0; at < plan.primitiveCount && !signal.aborted; at++) {
    const { camera } = cell;
    if (camera === null) {
      throw new DreamlogError(
        "LINK_FAILED",
        "expected the camera's intrinsics, found that no camera info has come; name its topic as `info` in the cell file",
      );
    }
    const window = cropWindow(camera);
    const name = `${request.session}/primitive-${at}`;
    const environment = createLiveEnvironment({
      cell,
      camera,
      rateHz: request.cell.limits.rateHz,
      name,
      nowUs: () => clock.nowUs(),
      latestFrame,
      goal: plan.goal,
      boxes: { start: plan.boxes.start ?? window, goal: plan.boxes.goal ?? window },
      signal,
    });
    const { task, candidateCount } = plan;
    const outcome = await runLivePrimitive(writer, clock, {
      session: name,
      task,
      candidateCount,
      planner,
      environment,
      segmenter,
      kinematics,
    });
    yield outcome;
    // What stopped this one would stop the next.
    if (outcome === "refused") return;
  }
}

async function waitForCell(
  cell: LiveCell,
  hasFrame: () => boolean,
  url: string,
  signal: AbortSignal,
): Promise<void> {
  const watch = createStopwatch();
  const isThere = () =>
    hasFrame() && cell.jointsOf("left") !== null && cell.jointsOf("right") !== null;
  while (!isThere() && !signal.aborted) {
    if (watch.seconds() > connectSeconds) {
      const found = cell.isConnected ? "a connection without them" : "no connection";
      throw new DreamlogError(
        "LINK_FAILED",
        `expected pictures and states of both arms from ${url} within ${connectSeconds} s, found ${found}; see that the robot's bridge runs and that the cell file names its topics`,
        { url },
      );
    }
    await sleep(20);
  }
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve());
  });
}

/** Tells now and then how the session stands. */
function createReporter(cell: LiveCell, sink: LogSink, onStatus: (status: LiveStatus) => void) {
  const watch = createStopwatch();
  const lag = monitorEventLoopDelay({ resolution: 5 });
  lag.enable();
  const status = (): LiveStatus => {
    const { rejected, interventions, commandsSent } = cell.counts;
    const lagMs = lag.percentile(99) / 1e6;
    return {
      seconds: watch.seconds(),
      isConnected: cell.isConnected,
      haltedBy: cell.haltedBy,
      streams: cell.tallies(),
      rejected,
      dropped: sink.dropped,
      interventions,
      commandsSent,
      lagMs,
    };
  };
  const timer = setInterval(() => {
    onStatus(status());
    lag.reset();
  }, statusMs);
  return {
    status,
    end() {
      clearInterval(timer);
      lag.disable();
    },
  };
}
