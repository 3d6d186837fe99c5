import { setTimeout as sleep } from "node:timers/promises";
import { Subject } from "rxjs";
import type { CellFile } from "../../../hardware/cellFile/parseCellFile.ts";
import { openLink } from "../../../hardware/link/openLink.ts";
import { LiveCell, type LiveFrame } from "../../../hardware/liveCell.ts";
import { openLogWriter, type LogWriter } from "../../../store/logWriter.ts";
import { createStopwatch, createSystemClock, type Clock } from "../../core/clock.ts";
import { DreamlogError, invariant, isDreamlogError } from "../../core/errors.ts";
import { cellConfigured } from "../../events/hardware.ts";
import { sessionClosed } from "../../events/session.ts";
import { createArmKinematics, type ArmKinematics } from "../../robot/armKinematics.ts";
import { driverProducer } from "../producers.ts";
import { startSession } from "../sessionLifecycle.ts";
import { aborted } from "./aborted.ts";
import { requirePrompts } from "./livePrompts.ts";
import { LiveRecorder } from "./liveRecorder.ts";
import { createReporter, type LiveStatus, type SeenSoFar } from "./liveStatus.ts";
import type { LivePrimitiveOutcome } from "./liveTurn.ts";
import { createLogSink } from "./logSink.ts";
import { pursueAim, type LiveAim } from "./pursueAim.ts";

/** Longest that a cell may take to answer before the session is given up. */
const connectSeconds = 10;

export interface RecordRequest {
  readonly logPath: string;
  readonly session: string;
  readonly cell: CellFile;
  readonly isArmed: boolean;
  /** Null only records. */
  readonly aim: LiveAim | null;
  /** Null records until `signal`, or until the plan is done. */
  readonly durationSeconds: number | null;
  readonly signal: AbortSignal;
  readonly onStatus: (status: LiveStatus) => void;
  /** Gets the cell as soon as it is being connected to: whoever has it may halt it, and command it. */
  readonly onReady?: (cell: LiveCell) => void;
}

type Writable<Record> = { -readonly [Key in keyof Record]: Record[Key] };

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
 *   robot behind a protocol without actions; `ARGUMENT_INVALID` for a session that is there already or a
 *   segmenter without prompts; what the log throws, and what finding the models throws.
 */
export async function recordSession(request: RecordRequest): Promise<RecordedSession> {
  const { logPath, session, cell, isArmed, aim } = request;
  requireActions(request);
  const { segmenter, boxes } = aim ?? {};
  if (segmenter !== undefined) {
    requirePrompts(segmenter, {
      start: boxes?.start !== undefined,
      goal: aim?.goal == null ? null : boxes?.goal !== undefined,
    });
  }
  invariant(aim === null || aim.plan === null || aim.goal !== null, "a plan has a goal");
  const clock = createSystemClock();
  const writer = await openLogWriter({ path: logPath, clock });
  const kinematics = await createArmKinematics();
  try {
    await requireNew(writer, session);
    const recorder = new LiveRecorder(writer, session, clock);
    await startSession(recorder, {
      purpose: "live",
      task: aim?.task ?? null,
      seed: session,
      settings: {
        ...{ cell: cell.description.name, isArmed, plan: aim?.plan ?? null },
        ...(segmenter === undefined ? {} : { segmenter }),
      },
    });
    const close = (reason: "completed" | "interrupted" | "failed", note: string) =>
      recorder.fact("closed", sessionClosed, { reason, note }, { producer: driverProducer });
    try {
      const recorded = await recordOpened(request, { writer, recorder, kinematics, clock });
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

/** What a cell says cannot go on where another recording ended: the time between is lost. */
async function requireNew({ log, path }: LogWriter, session: string): Promise<void> {
  const found = await log.session(session);
  if (found === undefined) return;
  const state = found.isClosed ? "closed" : "open";
  throw new DreamlogError(
    "ARGUMENT_INVALID",
    `${path}: expected a new session, found ${session} there already with ${found.eventCount} events, ${state}; name another with --session, or leave that out`,
    { session, eventCount: found.eventCount, isClosed: found.isClosed },
  );
}

/** Fingers move by actions, which one of the protocols does not have. */
function requireActions({ isArmed, aim, cell }: RecordRequest): void {
  const { protocol } = cell.description.link;
  if (!isArmed || aim?.plan == null || protocol === "rosbridge") return;
  throw new DreamlogError(
    "CELL_FILE_INVALID",
    `expected link.protocol rosbridge for an armed robot, found ${protocol}, which has no actions to move fingers by; change it, or leave --arm-the-robot out`,
    { protocol },
  );
}

async function recordOpened(
  request: RecordRequest,
  opened: {
    readonly writer: LogWriter;
    readonly recorder: LiveRecorder;
    readonly kinematics: ArmKinematics;
    readonly clock: Clock;
  },
): Promise<RecordedSession> {
  const { session, cell: file, isArmed, durationSeconds, signal, onStatus, aim } = request;
  const { writer, recorder, kinematics, clock } = opened;
  const ending = endingOf(signal, durationSeconds);
  const failures: Error[] = [];
  const fail = (error: Error) => {
    failures.push(error);
    ending.end();
  };
  const sink = createLogSink(writer, session, "drop", fail);
  const { name, cameras, link } = file.description;
  sink.record("session", cellConfigured, { name, file: file.text, isArmed }, clock.nowUs());
  // Hot: whoever subscribes late has missed what came before, and nobody holds the camera back.
  const frames$ = new Subject<LiveFrame>();
  let latest: LiveFrame | null = null;
  const seen: Writable<SeenSoFar> = { looks: 0, lastLook: null, unseen: null };
  const cell = new LiveCell({
    cell: file,
    kinematics,
    sink,
    isArmed,
    nowUs: () => clock.nowUs(),
    openLink: (options) => openLink(file.description, options),
    onFrame: (frame) => frames$.next((latest = frame)),
  });
  const reporter = createReporter(cell, sink, () => seen, onStatus);
  let primitives: readonly LivePrimitiveOutcome[] = [];
  try {
    request.onReady?.(cell);
    const awaited = () => ({
      ...{ pictures: latest !== null, "camera info": aim === null || cell.camera !== null },
      "states of the left arm": cell.jointsOf("left") !== null,
      "states of the right arm": cell.jointsOf("right") !== null,
    });
    await waitForCell(cell, awaited, link.url, ending);
    if (aim === null || ending.signal.aborted) await aborted(ending.signal);
    else {
      primitives = await pursueAim(aim, {
        ...{ logPath: request.logPath, recorder, cell, sink, clock, frames$, onFailure: fail },
        rateHz: file.limits.rateHz,
        stream: `${Object.keys(cameras)[0]!}/image`,
        signal: ending.signal,
        latestFrame() {
          invariant(latest !== null, "pictures have come before anything is aimed at");
          return latest;
        },
        onLook(look) {
          seen.looks += 1;
          seen.lastLook = look;
        },
        onRefusal: (reason) => (seen.unseen = reason),
      });
    }
  } finally {
    try {
      await cell.close();
      await sink.flush();
    } finally {
      // Also where the log takes no more: what waits for the time to be over would wait on.
      reporter.end();
      ending.release();
    }
  }
  const [failure] = failures;
  if (failure !== undefined) throw failure;
  const reason = signal.aborted ? "interrupted" : "completed";
  return { session, reason, status: reporter.status(), primitives };
}

/**
 * What ends a session: the operator, its time, or a failure. Held by this program: a signal composed of
 * others by `AbortSignal.any` may be collected with its timeout before it fires.
 */
function endingOf(signal: AbortSignal, durationSeconds: number | null) {
  const ending = new AbortController();
  let isTimeOver = false;
  const end = () => ending.abort();
  const timeOut = () => {
    isTimeOver = true;
    end();
  };
  const timer = durationSeconds === null ? undefined : setTimeout(timeOut, durationSeconds * 1000);
  signal.addEventListener("abort", end);
  if (signal.aborted) end();
  return {
    signal: ending.signal,
    isTimeOver: () => isTimeOver,
    end,
    release() {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
    },
  };
}

/**
 * @param awaited - what a session cannot do without, and whether it has come.
 * @throws {DreamlogError} `LINK_FAILED`.
 */
async function waitForCell(
  cell: LiveCell,
  awaited: () => Readonly<Record<string, boolean>>,
  url: string,
  ending: Pick<ReturnType<typeof endingOf>, "signal" | "isTimeOver">,
): Promise<void> {
  const watch = createStopwatch();
  const missing = () => Object.entries(awaited()).flatMap(([what, isHere]) => (isHere ? [] : [what])); // prettier-ignore
  while (missing().length > 0) {
    const seconds = watch.seconds();
    // A session that is over before it began has recorded nothing, and must not look as if it had.
    if (seconds > connectSeconds || ending.isTimeOver()) {
      throw unreachable(cell, missing(), { url, seconds });
    }
    if (ending.signal.aborted) return;
    await sleep(20);
  }
}

function unreachable(
  cell: LiveCell,
  missing: readonly string[],
  { url, seconds }: { readonly url: string; readonly seconds: number },
): DreamlogError {
  const { rejected, lastRejection } = cell.counts;
  const found = cell.isConnected
    ? `a connection without ${missing.join(", ")}`
    : `no connection (${cell.linkTrouble ?? "no answer"})`;
  const refused = lastRejection === null ? "" : `, and ${rejected} messages rejected, the last for: ${lastRejection}`; // prettier-ignore
  return new DreamlogError(
    "LINK_FAILED",
    `expected pictures and states of both arms from ${url} within ${seconds.toFixed(0)} s, found ${found}${refused}; see that the robot's bridge runs and that the cell file names its topics`,
    { url, missing, rejected },
  );
}
