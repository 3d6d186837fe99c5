import { arms, type Arm } from "../../../core/cell.ts";
import { jointNames, type RobotEpisode } from "../../../exchange/robotEpisode.ts";
import { commandSize, jointCount, openingMaxM } from "../../../robot/fr3.ts";
import type { ExportRequest } from "../exportRequest.ts";
import { instructionOf } from "../instructions.ts";
import { cutStretches, nominalRateHz, pausePeriods, windowsOf, type LeftOut, type Stretch } from "./cutStretches.ts"; // prettier-ignore
import type { RecordedCamera, Recording } from "./readRecording.ts";
import { recordedCamera } from "./recordedCamera.ts";
import { nearestTo, newestAt } from "./track.ts";

/**
 * Makes episodes of a live cell's session: one of each primitive that was carried out, or of the whole
 * recording where none was, cut where the camera pauses. A row is a frame of the camera that gave the
 * most, with the newest state of each arm and the newest command that had left by then, and the nearest
 * picture of every other camera. Nothing is made up: what is not there ends an episode.
 */
export async function recordingEpisodes(
  request: Pick<ExportRequest, "blobs">,
  recording: Recording,
): Promise<{ readonly episodes: readonly RobotEpisode[]; readonly leftOut: readonly LeftOut[] }> {
  const { session, cameras, depthCameras } = recording;
  const leftOut: LeftOut[] = depthCameras.map((camera) => ({
    ...{ session, reason: "depth", camera },
    ...{ fromUs: null, toUs: null, rows: null },
  }));
  const leader = leaderOf(cameras);
  const rateHz = leader === undefined ? 0 : nominalRateHz(leader.frames.timesUs);
  if (leader === undefined || rateHz === 0) return { episodes: [], leftOut };
  const { timesUs } = leader.frames;
  const isComplete = completeness(recording, leader, rateHz);
  const cut = cutStretches({
    session,
    camera: leader.name,
    timesUs,
    receivedUs: leader.receivedUs,
    rateHz,
    windows: windowsOf(recording),
    isComplete: (frame) => isComplete(timesUs[frame]!),
  });
  const episodes: RobotEpisode[] = [];
  for (const stretch of cut.stretches) {
    episodes.push(await episodeOf(request, recording, { leader, rateHz, stretch }));
  }
  return { episodes, leftOut: [...leftOut, ...cut.leftOut] };
}

/** The camera whose frames are the rows: the one with the most of them, the first by name among equals. */
function leaderOf(cameras: readonly RecordedCamera[]): RecordedCamera | undefined {
  const most = Math.max(...cameras.map(({ frames }) => frames.timesUs.length));
  return cameras.find(({ frames }) => frames.timesUs.length === most);
}

/** Tells whether all that a row needs beside its own picture is there at a time. */
function completeness(
  { joints, cameras }: Recording,
  leader: RecordedCamera,
  rateHz: number,
): (timeUs: number) => boolean {
  const staleUs = (pausePeriods * 1_000_000) / rateHz;
  const others = cameras
    .filter((camera) => camera !== leader)
    .map(({ frames: { timesUs } }) => ({
      timesUs,
      // A camera that gave one picture alone has no rate: it stands for all of the recording.
      distanceMaxUs: (pausePeriods * 1_000_000) / nominalRateHz(timesUs),
    }));
  const isFresh = (arm: Arm, timeUs: number) => {
    const stateUs = joints[arm].timesUs[newestAt(joints[arm].timesUs, timeUs)];
    return stateUs !== undefined && timeUs - stateUs <= staleUs;
  };
  return (timeUs) =>
    arms.every((arm) => isFresh(arm, timeUs)) &&
    others.every(
      ({ timesUs, distanceMaxUs }) =>
        Math.abs(timesUs[nearestTo(timesUs, timeUs)]! - timeUs) <= distanceMaxUs,
    );
}

interface EpisodeParts {
  readonly leader: RecordedCamera;
  readonly rateHz: number;
  readonly stretch: Stretch;
}

async function episodeOf(
  { blobs }: Pick<ExportRequest, "blobs">,
  recording: Recording,
  { leader, rateHz, stretch }: EpisodeParts,
): Promise<RobotEpisode> {
  const { first, end, session } = stretch;
  const rowTimesUs = leader.frames.timesUs.slice(first, end);
  const cameras = recording.cameras.map((camera) => {
    const { timesUs, values } = camera.frames;
    const shown =
      camera === leader
        ? rowTimesUs.map((_, row) => first + row)
        : rowTimesUs.map((timeUs) => nearestTo(timesUs, timeUs));
    const [from, to] = [shown[0]!, shown.at(-1)!];
    const places = values.slice(from, to + 1);
    return recordedCamera(blobs, camera.name, places, shown.map((picture) => picture - from)); // prettier-ignore
  });
  const states = statesOf(recording, rowTimesUs);
  return {
    session,
    task: instructionOf(recording.task),
    rateHz,
    rowCount: rowTimesUs.length,
    rowTimesUs,
    states,
    actions: actionsOf(recording, states, leader.receivedUs.slice(first, end)),
    cameras: await Promise.all(cameras),
    score: null,
  };
}

/** The newest of each arm by the time of each row; fingers that have not been heard of are open. */
function statesOf({ joints, openings }: Recording, rowTimesUs: readonly number[]): Float32Array {
  const states = new Float32Array(rowTimesUs.length * jointNames.length);
  rowTimesUs.forEach((timeUs, row) => {
    arms.forEach((arm, side) => {
      const at = row * jointNames.length + side * commandSize;
      const { timesUs, values } = joints[arm];
      states.set(values[newestAt(timesUs, timeUs)]!, at);
      const opening = newestAt(openings[arm].timesUs, timeUs);
      states[at + jointCount] = openings[arm].values[opening] ?? openingMaxM;
    });
  });
  return states;
}

/** The newest command of each arm by the time each row was received; before its first, an arm is told to stay. */
function actionsOf(
  { commands }: Recording,
  states: Float32Array,
  receivedUs: readonly number[],
): Float32Array {
  const actions = states.slice();
  receivedUs.forEach((timeUs, row) => {
    arms.forEach((arm, side) => {
      const command = commands[arm].values[newestAt(commands[arm].timesUs, timeUs)];
      if (command !== undefined) actions.set(command.target, row * jointNames.length + side * commandSize); // prettier-ignore
    });
  });
  return actions;
}
