import type { Task } from "../../core/cell.ts";
import type { RgbImage } from "../../core/image.ts";

/** Rows of the evaluation, in the order they are shown. */
export const methods = [
  "random",
  "matcher",
  "zeroShot",
  "verificationN4",
  "verificationN8",
  "dreamplanEq5",
  "orpo",
  "oracle",
] as const;
export type Method = (typeof methods)[number];

export interface ScoreRow {
  readonly method: Method;
  readonly task: Task | "average";
  /** Mean of scores in {0, 0.5, 1}. */
  readonly mean: number;
  /** Bootstrap 95 % interval. */
  readonly low: number;
  readonly high: number;
  readonly trials: number;
  /** Trials on starts that could not be observed, in no mean. */
  readonly leftOut: number;
}

/** The stable part of `report.json`; further keys may join these. */
export interface ReportSummary {
  readonly preset: string;
  readonly seed: string;
  /** Head digest of the log. */
  readonly head: string;
  /**
   * Of all calls that worked on this run into its output folder, and of this report; without what a
   * call had spent on a stage when it was killed.
   */
  readonly wallSeconds: number;
  readonly scores: readonly ScoreRow[];
  /** PSNR of the final object frame, dB; null where the variant was not run. */
  readonly psnr: {
    readonly objectOnly: number | null;
    readonly fullScene: number | null;
    readonly copyFirstFrame: number | null;
  };
  /** Rates in [0, 1], Kendall's τ in [−1, 1]; null where no group was carried out to compare. */
  readonly judge: {
    readonly topThreeRate: number | null;
    readonly topOneRate: number | null;
    readonly kendallTau: number | null;
    /** Groups of candidates that were all carried out. */
    readonly groups: number;
  };
  readonly decisions: readonly {
    readonly method: Method;
    readonly secondsMedian: number;
    /** Arithmetic of the models in 1e9 operations, 0 without one; null where it cannot be told. */
    readonly gflop: number | null;
  }[];
  readonly counts: {
    readonly sessions: number;
    readonly events: number;
    readonly blobs: number;
    readonly bytes: number;
  };
  /** The same by stage, in order. */
  readonly stages: readonly { readonly stage: string; readonly seconds: number }[];
  /** What a reader must know to read the figures right, as plain sentences. */
  readonly notes: readonly string[];
}

/** One training curve: `rows[i]` has one value per column; the first column is the step. */
export interface Curve {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly number[])[];
  readonly selectedStep: number;
}

/** One dreamed candidate of a picture strip. */
export interface DreamPicture {
  readonly label: string;
  readonly armFrames: readonly RgbImage[];
  readonly dreamFrames: readonly RgbImage[];
  /** Smaller is nearer to the goal; null when the judge failed. */
  readonly distance: number | null;
  readonly isBest: boolean;
}

/** The pictures of one evaluation start. */
export interface PictureStrip {
  readonly task: Task;
  readonly title: string;
  /** Observation and goal with their numbered keypoints (set-of-mark). */
  readonly observation: RgbImage;
  readonly goal: RgbImage;
  /** Candidates in order, the judge's distance beside each. */
  readonly candidates: readonly DreamPicture[];
  /** What the dream of the executed action showed, and what then really happened (same frames). */
  readonly dreamed: readonly RgbImage[];
  readonly happened: readonly RgbImage[];
  readonly outcomes: readonly {
    readonly method: Method;
    readonly start: RgbImage;
    readonly goal: RgbImage;
    readonly outcome: RgbImage;
    readonly score: number;
    readonly action: string;
  }[];
}

/** Everything `report.html` shows. */
export interface ReportData {
  readonly summary: ReportSummary;
  readonly curves: readonly Curve[];
  readonly strips: readonly PictureStrip[];
}
