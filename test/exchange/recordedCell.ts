import type { EventDefinition, PayloadOf } from "../../src/events/eventDefinition.ts";
import { commandSent, imageReceived, jointStatesReceived, messageReceived } from "../../src/events/hardware.ts"; // prettier-ignore
import { sessionStarted } from "../../src/events/session.ts";
import { videoSegmentRecorded } from "../../src/events/video.ts";
import { encodeJpeg } from "../../src/media/imageFormat.ts";
import { createLiveEncoder, type VideoSegment } from "../../src/media/liveEncoder.ts";
import type { OpenLog } from "../../store/openLog.ts";
import { testProducer } from "../store/sampleEvents.ts";
import { noise } from "./recordedSession.ts";

export const cellRateHz = 30;
export const framesPerSegment = 10;
/** The clock of the cell is this much behind the one of the machine that records. */
export const receiveDelayUs = 4000;
const startUs = 1_800_000_000_000_000;
/** States of each arm come ten times as often as pictures. */
const statesPerFrame = 10;

/** Stamp of the n-th frame of a camera that never pauses. */
export function stampUs(frame: number): number {
  return startUs + Math.round((frame * 1_000_000) / cellRateHz);
}

/** What joint 0 of an arm is at a time: no two states are alike. */
export function jointAt(arm: "left" | "right", timeUs: number): number {
  return 0.5 + ((timeUs - startUs) / 1e6) * (arm === "left" ? 0.1 : -0.1);
}

export interface CellRecording {
  readonly session: string;
  /** Numbers of the frames that came, of `stampUs`. */
  readonly frames: readonly number[];
  readonly pictures: "jpegs" | "segments";
  /** Frames during which a primitive is commanded, by its name. */
  readonly primitives?: Readonly<Record<string, readonly [from: number, to: number]>>;
  /** Frames at which a second camera, `side`, gave a JPEG. */
  readonly side?: readonly number[];
  /** Frames during which no state of the right arm comes. */
  readonly silence?: readonly [from: number, to: number];
}

/** Writes the session of a live cell by hand: one camera, two arms, and commands for the left one. */
export async function recordCell(open: Pick<OpenLog, "log" | "blobs">, recording: CellRecording) {
  const { session, frames, primitives = {} } = recording;
  let count = 0;
  const fact = async <Definition extends EventDefinition>(
    { type, version, kind }: Definition,
    sourceTimeUs: number,
    payload: PayloadOf<Definition>,
  ) => {
    const id = `${session}/${count++}`;
    const rest = { causes: [], producer: testProducer, seed: null, key: null };
    await open.log.append([{ id, session, type, version, kind, sourceTimeUs, payload, ...rest }]);
  };
  const settings = { parent: null, settings: "{}", seed: session };
  await fact(sessionStarted, startUs, { purpose: "live", task: "cloth", ...settings });
  const lastFrame = frames.at(-1)!;
  for (const arm of ["left", "right"] as const) {
    const stream = `${arm}/gripper`;
    const message = JSON.stringify({ position: [0.01, 0.02] });
    const said = { stream, rosType: "", receiveTimeUs: startUs + receiveDelayUs, message };
    await fact(messageReceived, startUs, said);
    const silence = arm === "right" ? recording.silence : undefined;
    const states = Array.from({ length: (lastFrame + 1) * statesPerFrame }, (_, at) => at)
      .map((at) => at / statesPerFrame)
      .filter((at) => silence === undefined || at < silence[0] || at > silence[1])
      .map(stampUs);
    await fact(jointStatesReceived, states[0]!, jointStates(arm, states));
  }
  for (const [primitive, [from, to]] of Object.entries(primitives)) {
    for (let frame = from; frame <= to; frame++) {
      const target = Float64Array.from({ length: 8 }, (_, joint) => frame / 100 + joint);
      const payload = { arm: "left", primitive, isDryRun: false, target } as const;
      await fact(commandSent, stampUs(frame) + receiveDelayUs, payload);
    }
  }
  if (recording.pictures === "segments") await recordSegments(open, recording, fact);
  else await recordJpegs(open, { session, camera: "top", frames }, fact);
  const side = { session, camera: "side", frames: recording.side ?? [] };
  await recordJpegs(open, side, fact);
}

type Fact = <Definition extends EventDefinition>(
  definition: Definition,
  sourceTimeUs: number,
  payload: PayloadOf<Definition>,
) => Promise<void>;

/** What a camera saw at a frame. */
export function picture(session: string, frame: number, camera = "top") {
  return noise(`${session}/${camera}/${frame}`);
}

async function recordJpegs(
  { blobs }: Pick<OpenLog, "blobs">,
  {
    session,
    camera,
    frames,
  }: { readonly session: string; readonly camera: string; readonly frames: readonly number[] },
  fact: Fact,
): Promise<void> {
  for (const frame of frames) {
    const bytes = await blobs.put(await encodeJpeg(picture(session, frame, camera)), "image/jpeg");
    const receiveTimeUs = stampUs(frame) + receiveDelayUs;
    const image = { format: "jpeg", widthPx: null, heightPx: null, bytes } as const;
    const payload = { stream: `${camera}/image`, camera, receiveTimeUs, ...image };
    await fact(imageReceived, stampUs(frame), payload);
  }
}

async function recordSegments(
  { blobs }: Pick<OpenLog, "blobs">,
  { session, frames }: CellRecording,
  fact: Fact,
): Promise<void> {
  const { widthPx, heightPx } = picture(session, 0);
  const segments: VideoSegment[] = [];
  const encoder = createLiveEncoder({
    ...{ widthPx, heightPx, fps: cellRateHz, framesPerSegment, maxWaiting: frames.length },
    onSegment: (segment) => Promise.resolve(void segments.push(segment)),
    onGap: () => Promise.reject(new Error("no frame is left out")),
  });
  for (const frame of frames) encoder.offer(picture(session, frame).pixels, stampUs(frame));
  await encoder.close();
  for (const { bytes, frameTimesUs } of segments) {
    const video = await blobs.put(bytes, "video/mp4");
    const payload = { camera: "top", video, widthPx, heightPx, frameTimesUs };
    await fact(videoSegmentRecorded, frameTimesUs[0]!, payload);
  }
}

function jointStates(arm: "left" | "right", timesUs: readonly number[]) {
  return {
    stream: `${arm}/states`,
    arm,
    count: timesUs.length,
    sourceTimesUs: Float64Array.from(timesUs),
    receiveTimesUs: Float64Array.from(timesUs, (timeUs) => timeUs + receiveDelayUs),
    positions: Float64Array.from(
      timesUs.flatMap((timeUs) => [jointAt(arm, timeUs), 1, 2, 3, 4, 5, 6]),
    ),
    velocities: new Float64Array(0),
    efforts: new Float64Array(0),
  };
}
