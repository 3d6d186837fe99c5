import { createMask, type Mask } from "../../core/image.ts";
import { resizePlane, type PlaneSize } from "./resizePlane.ts";
import { logitSidePx } from "./sam2Layouts.ts";

const logitSize: PlaneSize = { widthPx: logitSidePx, heightPx: logitSidePx };

/** A mask that the decoder proposes. */
export interface MaskCandidate {
  /** Shape [256, 256], row-major: the object's logit at each place of the encoder's square. */
  readonly logits: Float32Array;
  /** The decoder's own guess of how well it fits, 0 to 1. */
  readonly predictedIou: number;
}

/** @returns the pixels of the frame whose interpolated logit is above 0. */
export function maskOfLogits(logits: Float32Array, frame: PlaneSize): Mask {
  const { widthPx, heightPx } = frame;
  const full = resizePlane(logits, logitSize, { widthPx, heightPx }, false);
  const bits = new Uint8Array(full.length);
  for (let at = 0; at < full.length; at++) bits[at] = full[at]! > 0 ? 1 : 0;
  return createMask(widthPx, heightPx, bits);
}

/** Beyond the mask's border this far, and within it, in logits. */
const stabilityOffset = 1;

/**
 * How little the mask depends on where its logits are cut: the area above +1 over that above −1
 * (`calculate_stability_score` of SAM2).
 *
 * @returns 0 to 1; 0 where there is no mask.
 */
export function stabilityOf(logits: Float32Array): number {
  let within = 0;
  let about = 0;
  for (const logit of logits) {
    if (logit > stabilityOffset) within++;
    if (logit > -stabilityOffset) about++;
  }
  return about === 0 ? 0 : within / about;
}

/** @returns the candidate that the decoder thinks best; the first of equals. */
export function bestCandidate(candidates: readonly MaskCandidate[]): MaskCandidate {
  return candidates.reduce((best, each) => (each.predictedIou > best.predictedIou ? each : best));
}
