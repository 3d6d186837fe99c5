import * as v from "valibot";
import type { StoredEvent } from "../../../events/envelope.ts";
import type { PayloadOf } from "../../../events/eventDefinition.ts";
import {
  commandSent,
  imageReceived,
  jointStatesReceived,
  messageReceived,
  rawMessageReceived,
} from "../../../events/hardware.ts";
import { videoSegmentRecorded } from "../../../events/video.ts";
import { jointNames } from "../../../exchange/robotEpisode.ts";
import type { BlobStore } from "../../../ports/blobStore.ts";
import { jointCount } from "../../../robot/fr3.ts";
import { isA } from "../../derivations/rule.ts";
import type { ReceivedImage, RecordedSegment } from "../recordings/readRecording.ts";
import type { Content, Sample } from "./content.ts";
import type { SegmentReader } from "./segmentReader.ts";

/** When this machine got what an event of a live cell holds; null for any other event. */
export function receiveTimeUs(event: StoredEvent): number | null {
  const isReceived =
    isA(event, imageReceived) || isA(event, messageReceived) || isA(event, rawMessageReceived);
  return isReceived ? event.payload.receiveTimeUs : null;
}

/** What a live cell's event shows at one moment: a picture, a command, or a message. */
export async function liveContents(
  blobs: BlobStore,
  event: StoredEvent,
): Promise<readonly Content[]> {
  if (isA(event, imageReceived)) return [await receivedImage(blobs, event.payload)];
  if (isA(event, commandSent)) return [sentCommand(event.payload)];
  if (isA(event, messageReceived)) return [receivedMessage(event.payload)];
  return [];
}

/** The frames of a live camera's video, and the states of an arm, each at its own time. */
export function liveSamples(segments: SegmentReader, event: StoredEvent): readonly Sample[] {
  if (isA(event, videoSegmentRecorded)) return frameSamples(segments, event.payload);
  if (isA(event, jointStatesReceived)) return stateSamples(event.payload);
  return [];
}

async function receivedImage(blobs: BlobStore, image: ReceivedImage): Promise<Content> {
  const { camera, format, widthPx, heightPx, bytes } = image;
  const data = Buffer.from(await blobs.get(bytes.digest)).toString("base64");
  // Depth comes under the name of its camera.
  const topic = `/camera/${camera}/${format === "16UC1" ? "depth" : "image"}`;
  if (widthPx === null || heightPx === null) {
    return {
      topic,
      schema: "foxglove.CompressedImage",
      content: { frame_id: camera, data, format },
    };
  }
  const size = { width: widthPx, height: heightPx, step: bytes.lengthBytes / heightPx };
  const content = { frame_id: camera, ...size, encoding: format, data };
  return { topic, schema: "foxglove.RawImage", content };
}

function sentCommand({ arm, isDryRun, target }: PayloadOf<typeof commandSent>): Content {
  const name = jointNames.filter((joint) => joint.startsWith(arm));
  const topic = `${isDryRun ? "/dry_run" : ""}/${arm}/joint_commands`;
  return { topic, schema: "dreamlog.JointStates", content: { name, position: Array.from(target) } };
}

const CameraInfoSchema = v.object({
  width: v.number(),
  height: v.number(),
  distortion_model: v.string(),
  d: v.array(v.number()),
  k: v.array(v.number()),
  r: v.array(v.number()),
  p: v.array(v.number()),
});

/** A camera's calibration as Foxglove has it; anything else as the JSON that the log holds. */
function receivedMessage({ stream, rosType, message }: PayloadOf<typeof messageReceived>): Content {
  const info = rosType.endsWith("/CameraInfo")
    ? v.safeParse(CameraInfoSchema, JSON.parse(message))
    : undefined;
  const camera = stream.replace(/\/info$/, "");
  if (info?.success === true) {
    const { width, height, distortion_model, d: D, k: K, r: R, p: P } = info.output;
    const content = { frame_id: camera, width, height, distortion_model, D, K, R, P };
    return {
      topic: `/camera/${camera}/calibration`,
      schema: "foxglove.CameraCalibration",
      content,
    };
  }
  return {
    topic: `/${stream}`,
    schema: "dreamlog.Message",
    content: { type: rosType, message },
  };
}

function stateSamples(payload: PayloadOf<typeof jointStatesReceived>): Sample[] {
  const { arm, count, sourceTimesUs, receiveTimesUs } = payload;
  const name = jointNames.filter((joint) => joint.startsWith(arm)).slice(0, jointCount);
  return Array.from({ length: count }, (_, at) => {
    const valuesOf = (values: Float64Array) =>
      Array.from(values.subarray(at * jointCount, (at + 1) * jointCount));
    const content = () =>
      ({
        topic: `/${arm}/joint_states`,
        schema: "dreamlog.JointStates",
        content: {
          name,
          position: valuesOf(payload.positions),
          velocity: valuesOf(payload.velocities),
          effort: valuesOf(payload.efforts),
        },
      }) as const;
    return { timeUs: sourceTimesUs[at]!, logTimeUs: receiveTimesUs[at]!, content };
  });
}

function frameSamples(segments: SegmentReader, segment: RecordedSegment): Sample[] {
  return Array.from(segment.frameTimesUs, (timeUs, index) => ({
    timeUs,
    logTimeUs: timeUs,
    content: () => segments.frame(segment, index),
  }));
}
