import type { RgbImage } from "../core/image.ts";

/** A picture as it was encoded. */
export interface PictureFile {
  /** Such as `image/jpeg`. */
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** How a camera's pictures are stored: each a file of its own, or together as video. */
export type EncodedPictures =
  | {
      readonly kind: "files";
      /** One a picture, oldest first. */
      files(): AsyncIterable<PictureFile>;
    }
  | {
      readonly kind: "video";
      /** Such as `h264`. */
      readonly codec: string;
      /** Frames in front of the first picture, from the key frame on that it is decoded by. */
      readonly leadCount: number;
      /** The lead, then one a picture; what a decoder takes without a file round it. */
      frames(): AsyncIterable<EncodedFrame>;
    };

export interface EncodedFrame {
  readonly bytes: Uint8Array;
  /** Whether a decoder can begin with it. */
  readonly isKey: boolean;
}

/** What one camera saw during an episode, brought to the episode's rate. */
export interface EpisodeCamera {
  readonly name: string;
  readonly widthPx: number;
  readonly heightPx: number;
  /**
   * By row: index of the picture that it shows, oldest first and so never falling; 0 where there was
   * none yet.
   */
  readonly pictureOfRow: readonly number[];
  readonly pictureCount: number;
  /** One after the other, each decoded when it is asked for. */
  pictures(): AsyncIterable<RgbImage>;
  readonly encoded: EncodedPictures;
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
  /**
   * When each row was measured, integer microseconds since the Unix epoch, by the clock of what
   * measured it. A data set says `row / rateHz` instead, which differs where a camera is not exact.
   */
  readonly rowTimesUs: readonly number[];
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
