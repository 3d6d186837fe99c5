import { cropWindow } from "../core/cell.ts";
import { DreamlogError } from "../core/errors.ts";
import type { Box } from "../core/image.ts";
import { decodeMask } from "../core/maskRuns.ts";
import type { SessionId, StoredEvent } from "../events/envelope.ts";
import { cameraCalibrated, cameraFrameCaptured, objectBoxLabelled } from "../events/environment.ts";
import { maskSegmented } from "../events/perception.ts";
import type { EventLog } from "../ports/eventLog.ts";
import { requireBranchName } from "./branches/branchName.ts";
import { isA } from "./derivations/rule.ts";
import type { BoxEvent, FrameEvent } from "./derivations/segmentMask.ts";
import { requireSession } from "./inspectLog.ts";
import { deriveMask, startTrack } from "./observe.ts";
import { exactProducer } from "./producers.ts";
import { interrupted, type RunContext } from "./runContext.ts";
import { loadSegmenter, type AnySegmenter, type SegmenterSpec } from "./segmenterSpec.ts";
import { closeSession, recorderFor, startSession } from "./sessionLifecycle.ts";
import type { SessionRecorder } from "./sessionRecorder.ts";

export interface SegmentRequest {
  readonly session: SessionId;
  readonly segmenter: SegmenterSpec;
  /** Of the branch that the masks are written in. */
  readonly name: string;
  /** In the first frame of each camera that nobody labelled a box in. */
  readonly box: Box | null;
  /** Every n-th frame of a motion; the first and the last are always among them. */
  readonly everyNth: number;
}

export interface SegmentedSession {
  readonly branch: SessionId;
  /** What became of each frame, in the order they were taken. */
  readonly masks: readonly {
    readonly role: string;
    readonly position: number;
    readonly areaPx: number;
  }[];
}

/** Frames that one object is followed through, oldest first, from one with a box. */
interface ObjectTrack {
  readonly frames: readonly FrameEvent[];
  readonly box: BoxEvent | null;
}

/** Whoever gave the command drew the box; or nobody did, and it is the workspace. */
const boxProducer = exactProducer("label.commandLine", 1);
const workspaceProducer = exactProducer("label.workspace", 1);
const pageSize = 1000;

/**
 * Follows the object through a recorded session with another segmenter: a branch of the session with a
 * mask for each frame, under the roles that the session's own masks have. The same again goes on where
 * it was stopped.
 *
 * @throws {DreamlogError} `SESSION_UNKNOWN`; `NO_OBSERVATION` for a session without frames;
 *   `ARGUMENT_INVALID` where a box is wanted and there is none; `MASK_EMPTY` when nothing is found at
 *   the prompt; `EVENT_CONFLICT` for a branch of this name that does something else; `INTERRUPTED`.
 */
export async function segmentSession(
  working: Pick<RunContext, "open" | "progress" | "signal">,
  request: SegmentRequest,
): Promise<SegmentedSession> {
  const { open, progress, signal } = working;
  const { session, everyNth } = request;
  requireBranchName(request.name);
  await requireSession(open.log, session);
  const events = await readAll(open.log, session);
  const tracks = tracksOf(session, events).map((track) => ({
    ...track,
    frames: thinned(track.frames, everyNth),
  }));
  const last = events.at(-1)!;
  const branch = `${session}~${request.name}`;
  const recorder = recorderFor({ open }, branch);
  recorder.advanceToUs(last.logTimeUs);
  const segmenter = await loadSegmenter(request.segmenter);
  const masks: SegmentedSession["masks"][number][] = [];
  progress.begin(
    "segment",
    tracks.reduce((count, { frames }) => count + frames.length, 0),
  );
  try {
    await startSession(recorder, {
      purpose: "segment",
      task: null,
      seed: session,
      settings: { segmenter: request.segmenter, everyNth },
      parent: { session, event: last.id },
    });
    for (const track of tracks) {
      const box = track.box ?? (await recordBox(recorder, request, events, track.frames[0]!));
      const roles = track.frames.map((frame) => roleOf(frame, events));
      for await (const mask of followTrack(recorder, segmenter, { ...track, box, roles })) {
        if (signal.aborted) throw interrupted("segment");
        masks.push(mask);
        progress.advance(1);
      }
    }
    const info = await open.log.session(branch);
    if (info?.isClosed !== true) await closeSession(recorder, "completed");
  } finally {
    await segmenter.release?.();
  }
  const empty = masks.filter(({ areaPx }) => areaPx === 0).length;
  progress.end(`${masks.length} masks, ${empty} of them empty`);
  return { branch, masks };
}

async function* followTrack(
  recorder: SessionRecorder,
  segmenter: AnySegmenter,
  {
    frames,
    box,
    roles,
  }: ObjectTrack & { readonly box: BoxEvent; readonly roles: readonly string[] },
): AsyncGenerator<SegmentedSession["masks"][number]> {
  const track = startTrack(recorder, segmenter, frames[0]!, box);
  for (const [at, frame] of frames.entries()) {
    const role = roles[at]!;
    const { position, payload } = await deriveMask(recorder, track, role, frame);
    const { bits } = decodeMask(payload.mask);
    yield { role, position, areaPx: bits.reduce((sum, bit) => sum + bit, 0) };
  }
}

/** The role of the session's own mask of a frame, such as `start`; else the frame's. */
function roleOf(frame: FrameEvent, events: readonly StoredEvent[]): string {
  const mask = events.find(
    (event) => isA(event, maskSegmented) && event.causes[0] === frame.position,
  );
  const { id } = mask ?? frame;
  return id.slice(id.indexOf("#") + 1).replace(/\/(frame|mask)$/, "");
}

async function readAll(log: EventLog, session: SessionId): Promise<readonly StoredEvent[]> {
  const events: StoredEvent[] = [];
  for (let afterPosition = 0; ;) {
    const page = await log.read({ session, afterPosition, limit: pageSize });
    events.push(...page);
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) return events;
    afterPosition = last.position;
  }
}

/** The goal's picture is a track of its own; all others of a camera show one object move. */
function tracksOf(session: SessionId, events: readonly StoredEvent[]): readonly ObjectTrack[] {
  const frames = events.filter((event) => isA(event, cameraFrameCaptured));
  if (frames.length === 0) {
    throw new DreamlogError(
      "NO_OBSERVATION",
      `expected camera frames in session ${session}, found none among ${events.length} events; "dreamlog log show LOG SESSION" lists what it holds`,
      { session, events: events.length },
    );
  }
  const boxes = events.filter((event) => isA(event, objectBoxLabelled));
  const names = new Set(frames.map(trackNameOf));
  return [...names].map((name) => {
    const own = frames.filter((frame) => trackNameOf(frame) === name);
    const boxOf = (frame: FrameEvent) =>
      boxes.find(({ causes }) => causes.includes(frame.position)) ?? null;
    // What was seen before anybody said what to look for cannot be followed.
    const begin = Math.max(
      0,
      own.findIndex((frame) => boxOf(frame) !== null),
    );
    return { frames: own.slice(begin), box: boxOf(own[begin]!) };
  });
}

function trackNameOf({ payload }: FrameEvent): string {
  return `${payload.phase === "goal" ? "goal" : "motion"} ${payload.camera}`;
}

function thinned<Item>(items: readonly Item[], everyNth: number): readonly Item[] {
  return items.filter((_, at) => at % everyNth === 0 || at === items.length - 1);
}

/** @throws {DreamlogError} `ARGUMENT_INVALID` where the prompt is a box and nobody drew one. */
async function recordBox(
  recorder: SessionRecorder,
  { box, segmenter, session }: SegmentRequest,
  events: readonly StoredEvent[],
  first: FrameEvent,
): Promise<BoxEvent> {
  const role = `${roleOf(first, events)}/box`;
  const drawn = { producer: boxProducer, causes: [first] };
  if (box !== null) return recorder.fact(role, objectBoxLabelled, { box }, drawn);
  if (segmenter.kind === "colour" || segmenter.prompting.kind === "box") {
    throw new DreamlogError(
      "ARGUMENT_INVALID",
      `expected a box round the object in ${first.id}, found none in session ${session}; give --box X,Y,WIDTH,HEIGHT in its pixels, or prompt=grid or points=… with sam2:`,
      { session, frame: first.id },
    );
  }
  const camera = events.find((event) => isA(event, cameraCalibrated));
  const { widthPx, heightPx } = first.payload.image;
  const whole = { x: 0, y: 0, width: widthPx, height: heightPx };
  const window = camera === undefined ? whole : cropWindow(camera.payload);
  const workspace = { producer: workspaceProducer, causes: [first] };
  return recorder.fact(role, objectBoxLabelled, { box: window }, workspace);
}
