import type { Difference } from "./contentDifference.ts";

/**
 * How far a result of ONNX may lie from one that another numeric fingerprint recorded. Under the same
 * fingerprint, and for every producer without one, nothing may differ at all.
 */
export interface Tolerance {
  readonly type: string;
  /** As `Difference.field` names it, any place of an array as `[]`. */
  readonly field: string;
  /**
   * - `numbers`: |found − expected| ≤ `limit` · max(1, |expected|).
   * - `samples`: no sample of a picture, 0 to 255, is off by more than `limit`.
   * - `bytes`: are not compared; another field of the event says what they are worth.
   */
  readonly measure: "numbers" | "samples" | "bytes";
  readonly limit: number;
  readonly reason: string;
}

export const tolerances: readonly Tolerance[] = [
  {
    type: "planner.planProposed",
    field: "candidates[].logProbability",
    measure: "numbers",
    limit: 1e-4,
    reason: "32-bit sums in another order; the candidates themselves must be the same",
  },
  {
    type: "dreaming.dreamImagined",
    field: "frames",
    measure: "samples",
    limit: 3,
    reason: "32-bit sums in another order, rounded to 8 bits",
  },
  {
    type: "learning.checkpointTrained",
    field: "curve[]",
    measure: "numbers",
    limit: 0.05,
    reason: "each optimiser step enlarges the differences of the one before",
  },
  {
    type: "learning.checkpointTrained",
    field: "selected.value",
    measure: "numbers",
    limit: 0.05,
    reason: "as the curve it is read from",
  },
  {
    type: "learning.checkpointTrained",
    field: "weights",
    measure: "bytes",
    limit: 0,
    reason: "weights that differ in their last bits are other bytes; the curve tells what they do",
  },
];

/** @returns undefined where nothing may differ. */
export function toleranceFor(type: string, field: string): Tolerance | undefined {
  const pattern = field.replaceAll(/\[\d+\]/g, "[]");
  return tolerances.find((known) => known.type === type && known.field === pattern);
}

/**
 * How far two values are apart, in the unit of the tolerance's limit.
 *
 * @param samplesOf - the samples of a difference in pictures: expected and found.
 * @returns Infinity for what cannot be compared.
 */
export async function distanceOf(
  difference: Difference,
  { measure }: Tolerance,
  samplesOf: (
    difference: Difference & { readonly kind: "samples" },
  ) => Promise<readonly [Uint8Array, Uint8Array]>,
): Promise<number> {
  if (measure === "bytes") return difference.kind === "bytes" ? 0 : Infinity;
  if (measure === "samples") {
    return difference.kind === "samples"
      ? largestSampleDifference(...(await samplesOf(difference)))
      : Infinity;
  }
  const { expected, found } = difference;
  if (typeof expected !== "number" || typeof found !== "number") return Infinity;
  return Math.abs(found - expected) / Math.max(1, Math.abs(expected));
}

function largestSampleDifference(expected: Uint8Array, found: Uint8Array): number {
  if (expected.length !== found.length) return Infinity;
  let largest = 0;
  for (let at = 0; at < expected.length; at++) {
    largest = Math.max(largest, Math.abs(expected[at]! - found[at]!));
  }
  return largest;
}
