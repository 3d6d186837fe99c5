import type { RgbImage } from "../core/image.ts";

/** A picture as it was encoded. */
export interface PictureFile {
  /** Such as `image/jpeg`. */
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** What one camera saw during an episode, brought to the episode's rate. */
export interface EpisodeCamera {
  readonly name: string;
  readonly widthPx: number;
  readonly heightPx: number;
  /** By row: index of the newest picture of its time, oldest first; 0 where there was none yet. */
  readonly pictureOfRow: readonly number[];
  /** The pictures, decoded when asked for. */
  load(): Promise<readonly RgbImage[]>;
  /** The same as they are stored; only the first so many where a count is given. */
  files(count?: number): Promise<readonly PictureFile[]>;
}

/**
 * One carried-out motion as data sets hold it: rows at one rate, each with what was measured, what was
 * commanded and what the cameras showed.
 */
export interface RobotEpisode {
  /** Session it was recorded in. */
  readonly session: string;
  /** What was to be done, for a policy that reads. */
  readonly task: string;
  /** Rows a second. */
  readonly rateHz: number;
  readonly rowCount: number;
  /** When the first row was measured, integer microseconds since the Unix epoch. */
  readonly startUs: number;
  /** Shape [rowCount, jointNames.length]: measured. */
  readonly states: Float32Array;
  /** Shape [rowCount, jointNames.length]: commanded; an arm without a command holds where it was. */
  readonly actions: Float32Array;
  readonly cameras: readonly EpisodeCamera[];
  /** 0, ½ or 1; null for an episode that nobody scored. */
  readonly score: number | null;
}

/** Columns of states and actions: angles in rad, finger openings in m. */
export const jointNames: readonly string[] = ["left", "right"].flatMap((arm) => [
  ...Array.from({ length: 7 }, (_, joint) => `${arm}_joint_${joint + 1}.pos`),
  `${arm}_gripper.pos`,
]);
