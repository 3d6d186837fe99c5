import type { RgbImage, RgbVideo } from "../core/image.ts";
import type { Producer } from "../events/envelope.ts";

export interface DreamRequest {
  /** The observation's crop (object only, on white): side × side of the model. */
  readonly firstFrame: RgbImage;
  /** The rendered arms over the same crop window, evenly spaced through the primitive. */
  readonly armClip: RgbVideo;
  /** Names the noise. */
  readonly seed: string;
}

/** Predicts what the object will look like while and after the arm does what `armClip` shows. */
export interface WorldModel {
  readonly producer: Producer;
  readonly sidePx: number;
  /** Predicted frames, at least 4; the last shows the object at rest with the arms gone. */
  readonly frameCount: number;
  readonly samplingSteps: number;
  /** Arithmetic of one dream, in 1e9 floating-point operations (a multiply-add counts as two). */
  readonly gflopPerDream: number;
  /** Batched: the answers are those of one request at a time, in order. */
  dream(requests: readonly DreamRequest[]): Promise<readonly RgbVideo[]>;
  close(): Promise<void>;
}
