import type { EventId, SessionId } from "../events/envelope.ts";
import {
  cameraCalibrated,
  cameraFrameCaptured,
  objectBoxLabelled,
  objectStateRecorded,
} from "../events/environment.ts";
import { cropTaken, keypointsSampled, maskSegmented } from "../events/perception.ts";
import type { EventLog } from "../ports/eventLog.ts";
import type { Segmenter } from "../ports/segmenter.ts";
import { ownEvent } from "./branches/ownEvent.ts";
import { readSession, type SessionEvents } from "./collectedSession.ts";
import type { CameraEvent } from "./dreamCandidates.ts";
import { startTrack, type ObservedScene } from "./observe.ts";
import type { SessionRecorder } from "./sessionRecorder.ts";

/** What `beginScene` logged, read again. */
export interface LoggedScene {
  readonly camera: CameraEvent;
  readonly goal: ObservedScene;
  readonly start: ObservedScene;
  /** The last event of it, where a branch that plans anew forks. */
  readonly end: { readonly session: SessionId; readonly event: EventId };
}

/** @returns null for a session that ended before it had observed its start. */
export async function readScene(
  recorder: SessionRecorder,
  { segmenter }: { readonly segmenter: Segmenter },
  session: SessionId,
): Promise<LoggedScene | null> {
  const events = await readSession(recorder.log, session);
  const end = await endOf(recorder.log, session);
  if (end === null) return null;
  return {
    camera: events.get("camera", cameraCalibrated),
    goal: observedScene(recorder, segmenter, events, "goal"),
    start: observedScene(recorder, segmenter, events, "start"),
    end,
  };
}

/** One labelled scene of a session with what perception made of it. */
export function observedScene(
  recorder: SessionRecorder,
  segmenter: Segmenter,
  events: SessionEvents,
  name: "goal" | "start",
): ObservedScene {
  const frame = events.get(`${name}/frame`, cameraFrameCaptured);
  const box = events.get(`${name}/box`, objectBoxLabelled);
  return {
    frame,
    track: startTrack(recorder, segmenter, frame, box),
    mask: events.get(`${name}/mask`, maskSegmented),
    keypoints: events.get(`${name}/keypoints`, keypointsSampled),
    crop: events.get(`${name}/crop/objectOnly`, cropTaken),
    truth: events.find(`${name}/objectState`, objectStateRecorded) ?? null,
  };
}

/** The crop of the start is the last thing observed. */
async function endOf(log: EventLog, session: SessionId): Promise<LoggedScene["end"] | null> {
  for (let owner: SessionId | undefined = session; owner !== undefined;) {
    const event = await ownEvent(log, owner, "start/crop/objectOnly");
    if (event !== undefined) return { session, event: event.id };
    // A branch of a branch shares what its first parent observed.
    owner = (await log.session(owner))?.parent?.session;
  }
  return null;
}
