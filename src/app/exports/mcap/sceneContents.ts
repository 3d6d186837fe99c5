import type { StoredEvent } from "../../../events/envelope.ts";
import {
  cameraCalibrated,
  cameraFrameCaptured,
  jointCommandsSent,
  jointStatesMeasured,
} from "../../../events/environment.ts";
import type { PayloadOf } from "../../../events/eventDefinition.ts";
import { keypointsSampled } from "../../../events/perception.ts";
import { jointNames } from "../../../exchange/robotEpisode.ts";
import { encodePng } from "../../../media/imageFormat.ts";
import { loadImage } from "../../../media/storedImage.ts";
import type { BlobStore } from "../../../ports/blobStore.ts";
import { isA } from "../../derivations/rule.ts";
import type { Content, Sample } from "./content.ts";

/** Foxglove's type of a points annotation: points. */
const pointsType = 1;
const white = { r: 1, g: 1, b: 1, a: 1 };
const magenta = { r: 1, g: 0, b: 0.78, a: 1 };
const black = { r: 0, g: 0, b: 0, a: 1 };

/** What events of scenes and motions show at one moment: frames, calibration and keypoints. */
export async function sceneContents(
  blobs: BlobStore,
  event: StoredEvent,
): Promise<readonly Content[]> {
  if (isA(event, cameraFrameCaptured)) return [await imageContent(blobs, event)];
  if (isA(event, cameraCalibrated)) return [calibrationContent(event.payload)];
  if (isA(event, keypointsSampled)) return [keypointContent(event)];
  return [];
}

/** Measured and commanded joints, one sample a step. */
export function motionSamples(event: StoredEvent): readonly Sample[] {
  if (isA(event, jointStatesMeasured)) {
    const { rateHz, stepCount, states } = event.payload;
    const startUs = event.sourceTimeUs - Math.round((stepCount * 1_000_000) / rateHz);
    return steps(startUs, event.payload, "/joint_states", jointNames, states);
  }
  if (isA(event, jointCommandsSent)) {
    const { arm, commands } = event.payload;
    const names = jointNames.filter((name) => name.startsWith(arm));
    return steps(event.sourceTimeUs, event.payload, "/joint_commands", names, commands);
  }
  return [];
}

function steps(
  startUs: number,
  { rateHz, stepCount }: { readonly rateHz: number; readonly stepCount: number },
  topic: string,
  name: readonly string[],
  values: Float32Array,
): Sample[] {
  return Array.from({ length: stepCount }, (_, step) => {
    const timeUs = startUs + Math.round((step * 1_000_000) / rateHz);
    const content = () => {
      const position = Array.from(values.subarray(step * name.length, (step + 1) * name.length));
      return { topic, schema: "dreamlog.JointStates", content: { name, position } } as const;
    };
    return { timeUs, logTimeUs: timeUs, content };
  });
}

/** A frame as it is stored, or as PNG where no viewer knows its encoding. */
async function imageContent(
  blobs: BlobStore,
  { payload }: StoredEvent<PayloadOf<typeof cameraFrameCaptured>>,
): Promise<Content> {
  const { digest, mediaType } = payload.image.blob;
  const kept = /^image\/(jpeg|png)$/.exec(mediaType)?.[1];
  const bytes =
    kept === undefined
      ? await encodePng(await loadImage(blobs, payload.image))
      : await blobs.get(digest);
  // The goal is seen before the object is put at its start; it is another picture to a reader.
  const topic = `/camera/${payload.camera}/${payload.phase === "goal" ? "goal" : "image"}`;
  return {
    topic,
    schema: "foxglove.CompressedImage",
    content: {
      frame_id: payload.camera,
      data: Buffer.from(bytes).toString("base64"),
      format: kept ?? "png",
    },
  };
}

function calibrationContent(camera: PayloadOf<typeof cameraCalibrated>): Content {
  const { widthPx, heightPx, fx, fy, cx, cy } = camera;
  return {
    topic: "/camera/top/calibration",
    schema: "foxglove.CameraCalibration",
    content: {
      frame_id: "top",
      width: widthPx,
      height: heightPx,
      distortion_model: "plumb_bob",
      D: [0, 0, 0, 0, 0],
      K: [fx, 0, cx, 0, fy, cy, 0, 0, 1],
      R: [1, 0, 0, 0, 1, 0, 0, 0, 1],
      P: [fx, 0, cx, 0, 0, fy, cy, 0, 0, 0, 1, 0],
    },
  };
}

function keypointContent({
  id,
  payload,
}: StoredEvent<PayloadOf<typeof keypointsSampled>>): Content {
  const points = Array.from({ length: payload.count }, (_, at) => ({
    x: payload.points[2 * at]!,
    y: payload.points[2 * at + 1]!,
  }));
  const isGoal = id.includes("#goal/");
  return {
    topic: `/camera/top/${isGoal ? "goal_" : ""}keypoints`,
    schema: "foxglove.ImageAnnotations",
    content: {
      points: [
        { type: pointsType, points, outline_color: magenta, outline_colors: [], fill_color: magenta, thickness: 6 }, // prettier-ignore
      ],
      texts: points.map((position, at) => ({
        position,
        text: String(at),
        font_size: 14,
        text_color: white,
        background_color: black,
      })),
    },
  };
}
