import { DreamlogError } from "../../core/errors.ts";
import type { StoredEvent } from "../../events/envelope.ts";
import {
  cameraCalibrated,
  cameraFrameCaptured,
  jointCommandsSent,
  jointStatesMeasured,
} from "../../events/environment.ts";
import type { PayloadOf } from "../../events/eventDefinition.ts";
import { keypointsSampled } from "../../events/perception.ts";
import { prepareDatasetFolder } from "../../exchange/datasetFolder.ts";
import { writeMcapFile, type McapMessage } from "../../exchange/mcap/mcapFile.ts";
import { jointNames } from "../../exchange/robotEpisode.ts";
import { encodePng } from "../../media/imageFormat.ts";
import { loadImage } from "../../media/storedImage.ts";
import { isA } from "../derivations/rule.ts";
import { interrupted } from "../runContext.ts";
import type { ExportRequest, ExportResult } from "./exportRequest.ts";
import { readSessionUpto } from "./readEpisodes.ts";

type Content = Pick<McapMessage, "topic" | "schema" | "content">;

const format = "mcap";
/** Foxglove's level of a log line: information. */
const infoLevel = 2;
/** Foxglove's type of a points annotation: points. */
const pointsType = 1;
const white = { r: 1, g: 1, b: 1, a: 1 };
const magenta = { r: 1, g: 0, b: 0.78, a: 1 };
const black = { r: 0, g: 0, b: 0, a: 1 };

/**
 * Writes each session as an MCAP file for Foxglove: frames, calibration, keypoints, joints, and a log
 * line for every event, at the times they have in the log. Equal sessions give equal bytes; files that
 * are there already stay.
 *
 * @throws {DreamlogError} `STAGE_INCOMPLETE` when there is no session; `INTERRUPTED`.
 */
export async function exportMcap(request: ExportRequest): Promise<ExportResult> {
  const { log, prefix, uptoPosition, to, progress, signal } = request;
  const sessions = (await log.sessions(prefix)).filter(
    ({ firstPosition }) => firstPosition <= uptoPosition,
  );
  if (sessions.length === 0) {
    throw new DreamlogError(
      "STAGE_INCOMPLETE",
      `expected sessions "${prefix}…" up to position ${uptoPosition}, found none; name others`,
      { prefix, uptoPosition },
    );
  }
  const folder = await prepareDatasetFolder(to, format);
  const facts = { prefix, uptoPosition };
  await folder.describe({ format, isComplete: false, facts });
  progress.begin(`export ${format}`, sessions.length);
  let messages = 0;
  for (const { id } of sessions) {
    if (signal.aborted) throw interrupted(`export ${format}`);
    const events = await readSessionUpto(request, id);
    const head = events.at(-1);
    // Named by what it holds, too: a session that grew is written anew.
    const name = `${id.split("/").map(encodeURIComponent).join("/")}@${head?.chainDigest.slice(0, 12) ?? "empty"}.mcap`;
    if (!(await folder.has(name))) {
      const metadata = { session: id, uptoPosition: String(uptoPosition) };
      messages += await writeMcapFile(folder.pathOf(name), messagesOf(request, events), metadata);
    }
    progress.advance(1);
  }
  const counts = { sessions: sessions.length, messages };
  await folder.describe({
    format,
    isComplete: true,
    facts: { ...facts, sessions: sessions.length },
  });
  progress.end(`${counts.sessions} files, ${counts.messages} messages written`);
  return { to, counts, next: "open a file in Foxglove, or: mcap doctor FILE" };
}

/** A session's messages in order of the time they were logged; joints at the times they were measured. */
async function* messagesOf(
  { blobs }: ExportRequest,
  events: readonly StoredEvent[],
): AsyncIterable<McapMessage> {
  const timed = events.flatMap((event) => [
    { event, timeUs: event.sourceTimeUs, joints: null },
    ...jointSteps(event),
  ]);
  timed.sort((a, b) => a.timeUs - b.timeUs || a.event.position - b.event.position);
  for (const { event, timeUs, joints } of timed) {
    if (joints !== null) {
      yield { ...joints, timeUs, logTimeUs: timeUs };
      continue;
    }
    for (const content of await contentsOf(blobs, event)) {
      yield { ...content, timeUs, logTimeUs: timeUs };
    }
  }
}

/** Measured and commanded joints, one message a step. */
function jointSteps(event: StoredEvent) {
  if (isA(event, jointStatesMeasured)) {
    const { rateHz, stepCount, states } = event.payload;
    const startUs = event.sourceTimeUs - Math.round((stepCount * 1_000_000) / rateHz);
    return steps(event, startUs, event.payload, "/joint_states", jointNames, states);
  }
  if (isA(event, jointCommandsSent)) {
    const { arm, commands } = event.payload;
    const names = jointNames.filter((name) => name.startsWith(arm));
    return steps(event, event.sourceTimeUs, event.payload, "/joint_commands", names, commands);
  }
  return [];
}

function steps(
  event: StoredEvent,
  startUs: number,
  { rateHz, stepCount }: { readonly rateHz: number; readonly stepCount: number },
  topic: string,
  name: readonly string[],
  values: Float32Array,
) {
  return Array.from({ length: stepCount }, (_, step) => {
    const position = Array.from(values.subarray(step * name.length, (step + 1) * name.length));
    const joints: Content = { topic, schema: "dreamlog.JointStates", content: { name, position } };
    return { event, timeUs: startUs + Math.round((step * 1_000_000) / rateHz), joints };
  });
}

async function contentsOf(
  blobs: ExportRequest["blobs"],
  event: StoredEvent,
): Promise<readonly Content[]> {
  const line = logLine(event);
  if (isA(event, cameraFrameCaptured)) return [await imageContent(blobs, event), line];
  if (isA(event, cameraCalibrated)) return [calibrationContent(event.payload), line];
  if (isA(event, keypointsSampled)) return [keypointContent(event), line];
  return [line];
}

function logLine(event: StoredEvent): Content {
  const message = `${event.kind} ${event.id}, position ${event.position}, content ${event.contentDigest}`;
  const content = { level: infoLevel, message, name: event.type, file: event.session, line: event.seq }; // prettier-ignore
  return { topic: "/events", schema: "foxglove.Log", content };
}

async function imageContent(
  blobs: ExportRequest["blobs"],
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
