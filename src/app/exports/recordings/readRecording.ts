import * as v from "valibot";
import type { Arm, Task } from "../../../core/cell.ts";
import type { SessionId, StoredEvent } from "../../../events/envelope.ts";
import type { PayloadOf } from "../../../events/eventDefinition.ts";
import {
  clockOffsetEstimated,
  commandSent,
  imageReceived,
  jointStatesReceived,
  messageReceived,
} from "../../../events/hardware.ts";
import { sessionStarted } from "../../../events/session.ts";
import { videoSegmentRecorded } from "../../../events/video.ts";
import { jointCount } from "../../../robot/fr3.ts";
import { isA } from "../../derivations/rule.ts";
import type { ExportRequest } from "../exportRequest.ts";
import { trackOf, type Track } from "./track.ts";

export type ReceivedImage = PayloadOf<typeof imageReceived>;
export type RecordedSegment = PayloadOf<typeof videoSegmentRecorded>;
export type SentCommand = PayloadOf<typeof commandSent>;

/** A picture of a live camera by its place. */
export type FramePlace =
  | { readonly kind: "image"; readonly image: ReceivedImage }
  | { readonly kind: "segment"; readonly segment: RecordedSegment; readonly index: number };

/** Pictures of one camera with their stamps; segments' frames in the order in which they were encoded. */
export interface RecordedCamera {
  readonly name: string;
  readonly frames: Track<FramePlace>;
  /** When each was received, by this machine's clock, to which commands belong. */
  readonly receivedUs: readonly number[];
}

/** A live cell's session, stream by stream; times are the sources' stamps unless said otherwise. */
export interface Recording {
  readonly session: SessionId;
  readonly task: Task | null;
  /** In order of name; depth is not among them. */
  readonly cameras: readonly RecordedCamera[];
  /** Seven joint angles, rad. */
  readonly joints: Readonly<Record<Arm, Track<Float64Array>>>;
  /** Between the fingers, m. */
  readonly openings: Readonly<Record<Arm, Track<number>>>;
  /** That left, by this machine's clock. */
  readonly commands: Readonly<Record<Arm, Track<SentCommand>>>;
  /** Cameras with pictures that no data set takes: of depth. */
  readonly depthCameras: readonly string[];
}

const pageSize = 1000;
const types = [
  sessionStarted,
  clockOffsetEstimated,
  commandSent,
  imageReceived,
  jointStatesReceived,
  messageReceived,
  videoSegmentRecorded,
].map(({ type }) => type);

type Entries<Value> = { readonly timeUs: number; readonly value: Value }[];

interface Gathered {
  task: Task | null;
  readonly images: Entries<ReceivedImage>;
  readonly segments: RecordedSegment[];
  readonly joints: Record<Arm, Entries<Float64Array>>;
  readonly openings: Record<Arm, Entries<number>>;
  readonly commands: Record<Arm, Entries<SentCommand>>;
  /** By stream: how far this machine's clock is ahead, as last estimated. */
  readonly offsetsUs: Map<string, number>;
}

/** @returns null for a session that is no recording of a live cell: in which no joint states came. */
export async function readRecording(
  { log, uptoPosition }: Pick<ExportRequest, "log" | "uptoPosition">,
  session: SessionId,
): Promise<Recording | null> {
  const first = { session, uptoPosition, types: [jointStatesReceived.type], limit: 1 };
  if ((await log.read(first)).length === 0) return null;
  const gathered: Gathered = {
    task: null,
    images: [],
    segments: [],
    joints: { left: [], right: [] },
    openings: { left: [], right: [] },
    commands: { left: [], right: [] },
    offsetsUs: new Map(),
  };
  for (let afterPosition = 0; ;) {
    const page = await log.read({ session, types, afterPosition, uptoPosition, limit: pageSize });
    for (const event of page) gather(gathered, event);
    const last = page.at(-1);
    if (last === undefined) break;
    afterPosition = last.position;
  }
  const { task, images, joints, openings, commands } = gathered;
  const isDepth = ({ format }: ReceivedImage) => format === "16UC1";
  const ofBothArms = <Value>(entries: Record<Arm, Entries<Value>>) => ({
    left: trackOf(entries.left),
    right: trackOf(entries.right),
  });
  return {
    session,
    task,
    cameras: [
      ...camerasOfImages(images.filter(({ value }) => !isDepth(value))),
      ...camerasOfSegments(gathered),
    ].sort((a, b) => (a.name < b.name ? -1 : 1)),
    joints: ofBothArms(joints),
    openings: ofBothArms(openings),
    commands: ofBothArms(commands),
    depthCameras: [
      ...new Set(images.filter(({ value }) => isDepth(value)).map(({ value }) => value.camera)),
    ].sort(),
  };
}

function gather(to: Gathered, event: StoredEvent): void {
  const { sourceTimeUs: timeUs } = event;
  if (isA(event, sessionStarted)) to.task = event.payload.task;
  else if (isA(event, imageReceived)) to.images.push({ timeUs, value: event.payload });
  else if (isA(event, videoSegmentRecorded)) to.segments.push(event.payload);
  else if (isA(event, jointStatesReceived)) {
    const { arm, sourceTimesUs, positions } = event.payload;
    sourceTimesUs.forEach((stateUs, at) => {
      const value = positions.subarray(at * jointCount, (at + 1) * jointCount);
      to.joints[arm].push({ timeUs: stateUs, value });
    });
  } else if (isA(event, commandSent)) {
    if (!event.payload.isDryRun) to.commands[event.payload.arm].push({ timeUs, value: event.payload }); // prettier-ignore
  } else if (isA(event, clockOffsetEstimated)) {
    to.offsetsUs.set(event.payload.stream, event.payload.offsetUs);
  } else if (isA(event, messageReceived)) {
    const arm = /^(left|right)\/gripper$/.exec(event.payload.stream)?.[1] as Arm | undefined;
    const openingM = arm === undefined ? null : openingOf(event.payload.message);
    if (arm !== undefined && openingM !== null) to.openings[arm].push({ timeUs, value: openingM });
  }
}

const FingersSchema = v.object({ position: v.tuple([v.number(), v.number()]) });

/** A gripper's message: each of its two fingers has half of the opening. */
function openingOf(message: string): number | null {
  const parsed = v.safeParse(FingersSchema, JSON.parse(message));
  return parsed.success ? parsed.output.position[0] + parsed.output.position[1] : null;
}

function camerasOfImages(images: Entries<ReceivedImage>): RecordedCamera[] {
  const names = [...new Set(images.map(({ value }) => value.camera))];
  return names.map((name) => {
    const { timesUs, values } = trackOf(images.filter(({ value }) => value.camera === name));
    return {
      name,
      frames: { timesUs, values: values.map((image) => ({ kind: "image", image })) },
      receivedUs: values.map(({ receiveTimeUs }) => receiveTimeUs),
    };
  });
}

function camerasOfSegments({ segments, offsetsUs }: Gathered): RecordedCamera[] {
  const names = [...new Set(segments.map(({ camera }) => camera))];
  return names.map((name) => {
    const own = segments.filter(({ camera }) => camera === name);
    const places = own.flatMap((segment) =>
      Array.from(segment.frameTimesUs, (timeUs, index) => ({ timeUs, segment, index })),
    );
    const offsetUs = offsetsUs.get(`${name}/image`) ?? 0;
    const timesUs = places.map(({ timeUs }) => timeUs);
    return {
      name,
      frames: {
        timesUs,
        values: places.map(({ segment, index }) => ({ kind: "segment", segment, index })),
      },
      receivedUs: timesUs.map((timeUs) => timeUs + offsetUs),
    };
  });
}
