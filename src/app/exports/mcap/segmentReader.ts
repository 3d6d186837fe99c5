import type { Digest } from "../../../core/digest.ts";
import { decodeSegment } from "../../../media/decodeSegment.ts";
import { h264FramesOf } from "../../../media/h264Frames.ts";
import { encodeJpeg } from "../../../media/imageFormat.ts";
import type { BlobStore } from "../../../ports/blobStore.ts";
import type { RecordedSegment } from "../recordings/readRecording.ts";
import type { Content } from "./content.ts";

/** Gives the frames of segments as messages; those of the segment read last are at hand. */
export interface SegmentReader {
  frame(segment: RecordedSegment, index: number): Promise<Content>;
}

export function createSegmentReader(blobs: BlobStore): SegmentReader {
  /** Of each camera: cameras' frames come in turn. */
  const open = new Map<string, { readonly digest: Digest; readonly frames: readonly Content[] }>();
  return {
    async frame(segment, index) {
      const { camera, video } = segment;
      let read = open.get(camera);
      if (read?.digest !== video.digest) {
        read = { digest: video.digest, frames: await framesOf(blobs, segment) };
        open.set(camera, read);
      }
      return read.frames[index]!;
    },
  };
}

/** H.264 as it is stored; another codec, which no viewer takes out of a message, as JPEG. */
async function framesOf(
  blobs: BlobStore,
  { camera, video, widthPx, heightPx, frameTimesUs }: RecordedSegment,
): Promise<readonly Content[]> {
  const file = await blobs.get(video.digest);
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
  const frames = h264FramesOf(file);
  if (frames !== null) {
    return frames.map(({ bytes }) => ({
      topic: `/camera/${camera}/video`,
      schema: "foxglove.CompressedVideo",
      content: { frame_id: camera, data: base64(bytes), format: "h264" },
    }));
  }
  const images = await decodeSegment(file, { widthPx, heightPx, frameCount: frameTimesUs.length });
  const files = await Promise.all(images.map(encodeJpeg));
  return files.map((bytes) => ({
    topic: `/camera/${camera}/image`,
    schema: "foxglove.CompressedImage",
    content: { frame_id: camera, data: base64(bytes), format: "jpeg" },
  }));
}
