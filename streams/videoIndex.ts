import type { SessionId } from "../src/events/envelope.ts";
import type { PayloadOf } from "../src/events/eventDefinition.ts";
import { videoSegmentRecorded } from "../src/events/video.ts";
import { decodeVideoFrame } from "../src/media/videoFrame.ts";
import type { RgbImage } from "../src/core/image.ts";
import type { BlobStore } from "../src/ports/blobStore.ts";
import type { EventLog } from "../src/ports/eventLog.ts";

type Segment = PayloadOf<typeof videoSegmentRecorded>;

/** Where a frame lies. */
export interface FramePlace {
  readonly segment: Segment;
  /** Index in the segment. */
  readonly index: number;
  readonly timeUs: number;
}

/** Finds the frames of one camera of a session by their times. */
export interface VideoIndex {
  readonly frameCount: number;
  /** The last frame at or before a time: what the camera had shown by then. */
  frameAt(timeUs: number): FramePlace | undefined;
}

/**
 * Reads where the frames of a camera lie. Times that go backwards, as a clock that is set back makes
 * them, are searched in order of time, equal ones in order of recording.
 *
 * @throws {DreamlogError} `SESSION_UNKNOWN`.
 */
export async function readVideoIndex(
  log: EventLog,
  { session, camera }: { readonly session: SessionId; readonly camera: string },
): Promise<VideoIndex> {
  const places: FramePlace[] = [];
  for (let afterPosition = 0; ;) {
    const types = [videoSegmentRecorded.type];
    const page = await log.read({ session, types, afterPosition });
    for (const { payload } of page) {
      const segment = payload as Segment;
      if (segment.camera !== camera) continue;
      for (const [index, timeUs] of segment.frameTimesUs.entries())
        places.push({ segment, index, timeUs });
    }
    const last = page.at(-1);
    if (last === undefined) break;
    afterPosition = last.position;
  }
  places.sort((a, b) => a.timeUs - b.timeUs);
  return {
    frameCount: places.length,
    frameAt(timeUs) {
      let low = 0;
      let high = places.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (places[middle]!.timeUs <= timeUs) low = middle + 1;
        else high = middle;
      }
      return places[low - 1];
    },
  };
}

/** @throws {DreamlogError} `BLOB_MISSING`, `BLOB_CORRUPT`, and what `decodeVideoFrame` throws. */
export async function loadFrame(
  blobs: BlobStore,
  { segment, index }: FramePlace,
): Promise<RgbImage> {
  const { video, widthPx, heightPx } = segment;
  return decodeVideoFrame(await blobs.get(video.digest), { index, widthPx, heightPx });
}
