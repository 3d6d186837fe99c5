import type { Recording } from "./readRecording.ts";

/** A time that an episode is of, by this machine's clock, ends included. */
export interface Window {
  /** The session of the primitive that was carried out, or the recording itself. */
  readonly session: string;
  readonly fromUs: number;
  readonly toUs: number;
}

/** Rows that follow one another without a gap: frames `first` to `end`, exclusive, of a camera. */
export interface Stretch {
  readonly session: string;
  readonly first: number;
  readonly end: number;
}

/** What a recording holds that no episode has, and why. */
export interface LeftOut {
  readonly session: string;
  /**
   * - `pause`: the camera's frames are further apart than its rate allows; an episode ends, another begins;
   * - `incomplete`: rows without a fresh state of an arm, or a picture of another camera;
   * - `short`: rows between pauses, less than a second of them;
   * - `idle`: rows outside of the primitives that were carried out;
   * - `depth`: a camera's pictures of depth.
   */
  readonly reason: "pause" | "incomplete" | "short" | "idle" | "depth";
  readonly camera: string;
  /** Stamps of the frames on either side of a pause, else of the first and last row left out. */
  readonly fromUs: number | null;
  readonly toUs: number | null;
  /** Rows left out; for a pause, frames that the camera's rate would have brought. */
  readonly rows: number | null;
}

export interface Rows {
  readonly session: string;
  readonly camera: string;
  readonly timesUs: readonly number[];
  readonly receivedUs: readonly number[];
  readonly rateHz: number;
  readonly windows: readonly Window[];
  /** Whether all else that a row needs is there at the time of a frame. */
  readonly isComplete: (frame: number) => boolean;
}

/** A camera pauses from half a period beyond its next frame on, as live cells have it. */
export const pausePeriods = 1.5;
/** An object comes to rest, and the camera sees it, within this after the last command. */
const settleUs = 1_000_000;
const shortestSeconds = 1;

/**
 * The primitives that were carried out, which are sessions below the recording, with the time in which
 * their outcome shows; or all of a recording without any.
 */
export function windowsOf({ session, commands }: Recording): readonly Window[] {
  const bounds = new Map<string, { fromUs: number; toUs: number }>();
  for (const { timesUs, values } of [commands.left, commands.right]) {
    values.forEach(({ primitive }, at) => {
      // Braking belongs to no primitive.
      if (!primitive.startsWith(`${session}/`)) return;
      const timeUs = timesUs[at]!;
      const known = bounds.get(primitive) ?? { fromUs: timeUs, toUs: timeUs };
      bounds.set(primitive, {
        fromUs: Math.min(known.fromUs, timeUs),
        toUs: Math.max(known.toUs, timeUs),
      });
    });
  }
  if (bounds.size === 0) return [{ session, fromUs: -Infinity, toUs: Infinity }];
  const inTime = [...bounds].sort(([, a], [, b]) => a.fromUs - b.fromUs);
  return inTime.map(([primitive, { fromUs, toUs }], at) => {
    const nextUs = inTime[at + 1]?.[1].fromUs ?? Infinity;
    return { session: primitive, fromUs, toUs: Math.min(toUs + settleUs, nextUs - 1) };
  });
}

/** Frames a second that a camera is meant to give, a whole number as data sets have it; 0 for none. */
export function nominalRateHz(timesUs: readonly number[]): number {
  const periodsUs = timesUs
    .slice(1)
    .map((timeUs, at) => timeUs - timesUs[at]!)
    .filter((periodUs) => periodUs > 0)
    .sort((a, b) => a - b);
  const medianUs = periodsUs[periodsUs.length >> 1];
  return medianUs === undefined ? 0 : Math.round(1_000_000 / medianUs);
}

/**
 * Cuts the frames of a camera into episodes: a window is one episode unless the camera pauses in it,
 * or its clock is set back, or something else is missing.
 *
 * @returns what is left out too: every frame is in a stretch or told of.
 */
export function cutStretches(rows: Rows): {
  readonly stretches: readonly Stretch[];
  readonly leftOut: readonly LeftOut[];
} {
  const { session, camera, timesUs, rateHz } = rows;
  const pauseUs = (pausePeriods * 1_000_000) / rateHz;
  const leftOut: LeftOut[] = [];
  const leaveOut = (reason: LeftOut["reason"], first: number, end: number) => {
    const [fromUs, toUs] = [timesUs[first]!, timesUs[end - 1]!];
    leftOut.push({ session, reason, camera, fromUs, toUs, rows: end - first });
  };
  const stretches: Stretch[] = [];
  for (const run of runsOf(rows)) {
    if (run.kind !== "window") {
      leaveOut(run.kind, run.first, run.end);
      continue;
    }
    let first = run.first;
    for (let frame = first + 1; frame <= run.end; frame++) {
      const stepUs = frame < run.end ? timesUs[frame]! - timesUs[frame - 1]! : Infinity;
      if (stepUs >= 0 && stepUs <= pauseUs) continue;
      if (frame < run.end) {
        const missing = Math.max(0, Math.round((stepUs * rateHz) / 1_000_000) - 1);
        leftOut.push({ session, reason: "pause", camera, fromUs: timesUs[frame - 1]!, toUs: timesUs[frame]!, rows: missing }); // prettier-ignore
      }
      if (frame - first < shortestSeconds * rateHz) leaveOut("short", first, frame);
      else stretches.push({ session: run.session, first, end: frame });
      first = frame;
    }
  }
  return { stretches, leftOut };
}

interface Run {
  readonly kind: "window" | "idle" | "incomplete";
  readonly session: string;
  readonly first: number;
  readonly end: number;
}

/** Neighbouring frames of one fate. */
function runsOf({ session, receivedUs, windows, isComplete }: Rows): Run[] {
  const runs: Run[] = [];
  receivedUs.forEach((timeUs, frame) => {
    const window = windows.find(({ fromUs, toUs }) => fromUs <= timeUs && timeUs <= toUs);
    const kind = window === undefined ? "idle" : isComplete(frame) ? "window" : "incomplete";
    const of = window?.session ?? session;
    const last = runs.at(-1);
    const isSame = last?.kind === kind && last.session === of;
    if (isSame) runs[runs.length - 1] = { ...last, end: frame + 1 };
    else runs.push({ kind, session: of, first: frame, end: frame + 1 });
  });
  return runs;
}
