import type { Task } from "../../core/cell.ts";
import type { StoredEvent } from "../../events/envelope.ts";
import type { PayloadOf } from "../../events/eventDefinition.ts";
import type { maskSegmented } from "../../events/perception.ts";
import { createColourSegmenter } from "../../perception/colourSegmenter.ts";
import { pipelined } from "../../remote/pipelined.ts";
import type { ArmKinematics } from "../../robot/armKinematics.ts";
import { composeVideoRequest, videoRequestProducer } from "../derivations/composeVideoRequest.ts";
import type { CameraEvent } from "../derivations/cropFrame.ts";
import { deriveBy } from "../derivations/deriveBy.ts";
import {
  dreamedVideoProducer,
  isUnreadableVideo,
  readDreamedVideo,
  tellUnreadableVideo,
} from "../derivations/readDreamedVideo.ts";
import type { FrameEvent } from "../derivations/segmentMask.ts";
import type { DreamEvent, RenderedCandidate } from "../dreamCandidates.ts";
import type { CropEvent } from "../observe.ts";
import type { SessionRecorder } from "../sessionRecorder.ts";
import { startVideo, type AskedVideo, type VideoEvent } from "./askVideo.ts";
import type { RemoteWorldModel } from "./videoModel.ts";

/** What is dreamed of, and what reads the dreams. */
export interface DreamedScene {
  readonly task: Task;
  readonly camera: CameraEvent;
  readonly crop: CropEvent;
  /** Where a camera saw the object; null for one that was dreamed itself. */
  readonly seen: {
    readonly frame: FrameEvent;
    readonly mask: StoredEvent<PayloadOf<typeof maskSegmented>>;
  } | null;
  readonly kinematics: ArmKinematics;
}

/** The object is cut out of dreams by its colours, whatever sees the cell: they are far too small for SAM2. */
const segmenter = createColourSegmenter();

interface BegunDream {
  readonly rendered: RenderedCandidate;
  readonly asked: AskedVideo;
}

/**
 * Asks a video model to dream every rendered candidate, as many at a time as its spec says. Requests
 * and dreams are derived, jobs and answers are effects.
 *
 * @returns the dreams that could be read, in order of candidate; why another is missing is an event of
 *   its own.
 * @throws {DreamlogError} `REMOTE_UNAVAILABLE`, `INTERRUPTED`.
 */
export async function dreamRemotely(
  recorder: SessionRecorder,
  model: RemoteWorldModel,
  scene: DreamedScene,
  rendered: readonly RenderedCandidate[],
): Promise<readonly DreamEvent[]> {
  const dreams = await pipelined(rendered, model.spec.concurrency ?? 1, {
    begin: (candidate) => begin(recorder, model, scene, candidate),
    async finish(begun: BegunDream) {
      const answer = await begun.asked.finish();
      return answer === null ? null : read(recorder, model, scene, begun.rendered, answer);
    },
    keep: ({ asked }) => asked.finish(),
  });
  return dreams.filter((dream) => dream !== null);
}

function nameOf({ candidate }: RenderedCandidate): string {
  return `candidate/${candidate}/dream`;
}

async function begin(
  recorder: SessionRecorder,
  model: RemoteWorldModel,
  { task, camera, crop, seen, kinematics }: DreamedScene,
  rendered: RenderedCandidate,
): Promise<BegunDream> {
  const name = nameOf(rendered);
  const { candidate, clip, primitive } = rendered;
  const request = await deriveBy(
    recorder,
    composeVideoRequest,
    {
      name: `${name}/request`,
      producer: videoRequestProducer(model.spec, task),
      causes: [crop, clip, primitive, camera, ...(seen === null ? [] : [seen.frame, seen.mask])],
      // The noise has the name that it has in the embedded world model.
      seed: `${crop.contentDigest} ${candidate}`,
    },
    { media: recorder.media, kinematics: () => kinematics },
  );
  return { rendered, asked: await startVideo(recorder, model, `${name}/answer`, request) };
}

async function read(
  recorder: SessionRecorder,
  model: RemoteWorldModel,
  { crop }: DreamedScene,
  rendered: RenderedCandidate,
  answer: VideoEvent,
): Promise<DreamEvent | null> {
  const name = nameOf(rendered);
  const step = {
    producer: dreamedVideoProducer(model.spec),
    causes: [crop, rendered.clip, answer],
  };
  const tools = { media: recorder.media, blobs: recorder.blobs, segmenter };
  try {
    return await deriveBy(recorder, readDreamedVideo, { name, ...step }, tools);
  } catch (error) {
    if (!isUnreadableVideo(error)) throw error;
    await deriveBy(recorder, tellUnreadableVideo, { name: `${name}/unreadable`, ...step }, tools);
    return null;
  }
}
