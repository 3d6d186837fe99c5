import type { NewEvent, Producer, SessionId } from "../src/events/envelope.ts";
import type { EventDefinition, PayloadOf } from "../src/events/eventDefinition.ts";
import { videoInterrupted, videoSegmentRecorded } from "../src/events/video.ts";
import type { LiveVideoFormat } from "../src/media/encoderProcess.ts";
import { createLiveEncoder, type LiveEncoder } from "../src/media/liveEncoder.ts";
import type { BlobStore } from "../src/ports/blobStore.ts";
import type { EventStream } from "../src/ports/eventStream.ts";

const mediaType = "video/mp4";

export interface CameraRecording extends LiveVideoFormat {
  readonly blobs: BlobStore;
  /** Takes the segments and the gaps of this camera. */
  readonly stream: EventStream;
  readonly session: SessionId;
  /** Tells it from the other cameras of the session. */
  readonly camera: string;
  readonly producer: Producer;
  /** Frames that may wait for the encoder; more are left out and told of. */
  readonly maxWaiting?: number;
}

/**
 * Records a live camera: frames are encoded as they come, and each finished segment is stored and
 * then told by a `camera.videoSegmentRecorded` event. Frames that are lost, because the encoder died
 * or could not keep up, are told by `camera.videoInterrupted`.
 */
export function recordCamera(recording: CameraRecording): LiveEncoder {
  const { blobs, stream, camera, widthPx, heightPx } = recording;
  let count = 0;
  return createLiveEncoder({
    ...recording,
    async onSegment({ bytes, frameTimesUs }) {
      const video = await blobs.put(bytes, mediaType);
      const payload = { camera, video, widthPx, heightPx, frameTimesUs };
      const event = eventOf(recording, videoSegmentRecorded, count++, frameTimesUs[0]!, payload);
      await stream.offer(event);
    },
    async onGap(gap) {
      const payload = { camera, ...gap };
      await stream.offer(eventOf(recording, videoInterrupted, count++, gap.firstTimeUs, payload));
    },
  });
}

function eventOf<Definition extends EventDefinition>(
  { session, camera, producer }: CameraRecording,
  { type, version, kind }: Definition,
  count: number,
  sourceTimeUs: number,
  payload: PayloadOf<Definition>,
): NewEvent {
  return {
    // With the time, for a session that goes on after a crash counts anew.
    id: `${session}/${camera}/video/${sourceTimeUs}/${count}`,
    session,
    type,
    version,
    kind,
    sourceTimeUs,
    causes: [],
    producer,
    seed: null,
    key: null,
    payload,
  };
}
