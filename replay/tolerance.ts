import { decodeMask, type MaskRuns } from "../src/core/maskRuns.ts";
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
   * - `pixels`: of the pixels that either mask sets, no larger share is set by one alone.
   * - `arrays`: raw 32-bit floats; the root mean square of their differences over that of what was
   *   expected. Of raw bytes, which are masks, the share as for `pixels`.
   * - `bytes`: are not compared; another field of the event says what they are worth.
   */
  readonly measure: "numbers" | "samples" | "pixels" | "arrays" | "bytes";
  readonly limit: number;
  readonly reason: string;
}

/** Media type of raw 32-bit floats, little-endian. */
const floatsMediaType = "application/x-float32-le";

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
    type: "perception.maskSegmented",
    field: "mask",
    measure: "pixels",
    limit: 0.01,
    reason: "logits next to 0, at the object's border, change sides",
  },
  {
    type: "perception.trackRemembered",
    field: "arrays[]",
    measure: "arrays",
    limit: 0.01,
    reason:
      "fifteen frames in a row, each remembered by what was made of the one before; a pixel that changes sides moves single numbers far, so the mean counts",
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

/** What stands behind the references that differ: expected and found. */
export interface Evidence {
  readonly samplesOf: (
    difference: Difference & { readonly kind: "samples" },
  ) => Promise<readonly [Uint8Array, Uint8Array]>;
  readonly bytesOf: (
    difference: Difference & { readonly kind: "bytes" },
  ) => Promise<readonly [Uint8Array, Uint8Array]>;
}

/**
 * How far two values are apart, in the unit of the tolerance's limit.
 *
 * @returns Infinity for what cannot be compared.
 */
export async function distanceOf(
  difference: Difference,
  { measure }: Tolerance,
  { samplesOf, bytesOf }: Evidence,
): Promise<number> {
  switch (measure) {
    case "bytes":
      return difference.kind === "bytes" ? 0 : Infinity;
    case "samples":
      return difference.kind === "samples"
        ? largestSampleDifference(...(await samplesOf(difference)))
        : Infinity;
    case "pixels":
      return difference.kind === "mask" ? maskDistance(difference) : Infinity;
    case "arrays":
      return difference.kind === "bytes"
        ? arrayDistance(difference.expected.mediaType, ...(await bytesOf(difference)))
        : Infinity;
    case "numbers":
      return difference.kind === "value"
        ? numberDistance(difference.expected, difference.found)
        : Infinity;
  }
}

function numberDistance(expected: unknown, found: unknown): number {
  if (typeof expected !== "number" || typeof found !== "number") return Infinity;
  return finite(Math.abs(found - expected) / Math.max(1, Math.abs(expected)));
}

function largestSampleDifference(expected: Uint8Array, found: Uint8Array): number {
  if (expected.length !== found.length) return Infinity;
  let largest = 0;
  for (let at = 0; at < expected.length; at++) {
    largest = Math.max(largest, Math.abs(expected[at]! - found[at]!));
  }
  return largest;
}

function maskDistance({ expected, found }: { expected: MaskRuns; found: MaskRuns }): number {
  return shareSetByOne(decodeMask(expected).bits, decodeMask(found).bits);
}

/** @returns 1 − intersection over union; 0 for two empty masks. */
function shareSetByOne(expected: Uint8Array, found: Uint8Array): number {
  if (expected.length !== found.length) return Infinity;
  let either = 0;
  let one = 0;
  for (let at = 0; at < expected.length; at++) {
    if (expected[at] !== 0 || found[at] !== 0) either += 1;
    if (expected[at] !== found[at]) one += 1;
  }
  return either === 0 ? 0 : one / either;
}

function arrayDistance(mediaType: string, expected: Uint8Array, found: Uint8Array): number {
  if (expected.length !== found.length) return Infinity;
  if (mediaType !== floatsMediaType) return shareSetByOne(expected, found);
  const [wanted, got] = [floatsOf(expected), floatsOf(found)];
  let differences = 0;
  let values = 0;
  wanted.forEach((value, at) => {
    differences += (got[at]! - value) ** 2;
    values += value ** 2;
  });
  return finite(Math.sqrt(differences / values));
}

/** Copied, for numbers of four bytes must begin at a multiple of four. */
function floatsOf(bytes: Uint8Array): Float32Array {
  return new Float32Array(bytes.slice().buffer);
}

/** What is no number is near to nothing. */
function finite(distance: number): number {
  return Number.isNaN(distance) ? Infinity : distance;
}
