import type { Segmenter } from "../../ports/segmenter.ts";
import { cameraFrameCaptured, objectBoxLabelled } from "../../events/environment.ts";
import { cropMaskProducer } from "../../perception/maskOfCrop.ts";
import type { SessionEvents } from "../collectedSession.ts";
import { deriveBy } from "../derivations/deriveBy.ts";
import { segmentCrop } from "../derivations/observeDream.ts";
import { keypointProducer, samplePoints } from "../derivations/samplePoints.ts";
import type { CameraEvent } from "../dreamCandidates.ts";
import { deriveCrop, deriveMask, startTrack } from "../observe.ts";
import type { SessionRecorder } from "../sessionRecorder.ts";
import type { Observation } from "./branchPoint.ts";
import type { PerceivedObject } from "./rollOut.ts";

/**
 * Mask, keypoints and crop of an observation, under the roles of a session's start. What the log
 * holds of them is linked and not computed again.
 *
 * @param events - of the session that labelled the object: frames are followed from its box.
 */
export async function perceive(
  recorder: SessionRecorder,
  scene: {
    readonly segmenter: Segmenter;
    readonly camera: CameraEvent;
    readonly events: SessionEvents;
  },
  observation: Observation,
): Promise<PerceivedObject> {
  const { mask, crop, shot } =
    observation.kind === "frame"
      ? await perceiveFrame(recorder, scene, observation)
      : await perceiveDream(recorder, scene, observation);
  const step = { name: "start/keypoints", producer: keypointProducer, causes: [mask] };
  return { keypoints: await deriveBy(recorder, samplePoints, step, {}), crop, shot };
}

async function perceiveFrame(
  recorder: SessionRecorder,
  { segmenter, camera, events }: Parameters<typeof perceive>[1],
  { frame }: Extract<Observation, { kind: "frame" }>,
) {
  const first = events.get("start/frame", cameraFrameCaptured);
  const box = events.get("start/box", objectBoxLabelled);
  const track = startTrack(recorder, segmenter, first, box);
  const mask = await deriveMask(recorder, track, "start", frame);
  const crop = await deriveCrop(recorder, "start", "objectOnly", camera, frame, mask);
  return { mask, crop, shot: { frame, mask } };
}

async function perceiveDream(
  recorder: SessionRecorder,
  { camera }: Parameters<typeof perceive>[1],
  { crop }: Extract<Observation, { kind: "dreamed" }>,
) {
  const step = { name: "start/mask", producer: cropMaskProducer, causes: [crop, camera] };
  const mask = await deriveBy(recorder, segmentCrop, step, { media: recorder.media });
  return { mask, crop, shot: null };
}
