import * as v from "valibot";
import { isDigest, type Digest } from "../core/digest.ts";

/** Whole number ≥ 0. */
export const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** Finite number; −0 is stored as 0, because the codec would turn it into that. */
export const Finite = v.pipe(
  v.number(),
  v.finite(),
  v.transform((value) => (value === 0 ? 0 : value)),
);
export const DigestSchema = v.custom<Digest>(isDigest, "expected 64 lower-case hex characters");

/** Bytes in the blob store, addressed by their digest. */
export const BlobRefSchema = v.strictObject({
  digest: DigestSchema,
  mediaType: v.string(),
  lengthBytes: Count,
});
export type BlobRef = v.InferOutput<typeof BlobRefSchema>;

/**
 * An encoded picture or video. `decoded` is the digest of its raw samples (RGB24, frames in order):
 * two encoders may write other bytes for the same samples, and what is derived from it depends on
 * the samples only.
 */
export const MediaRefSchema = v.strictObject({
  blob: BlobRefSchema,
  decoded: DigestSchema,
  widthPx: Count,
  heightPx: Count,
  frameCount: Count,
});
export type MediaRef = v.InferOutput<typeof MediaRefSchema>;

export const BoxSchema = v.strictObject({ x: Finite, y: Finite, width: Finite, height: Finite });
export const Point3Schema = v.strictObject({ x: Finite, y: Finite, z: Finite });
export const ArmSchema = v.picklist(["left", "right"]);
export const TaskSchema = v.picklist(["rope", "cloth", "toy"]);
export const Float32Schema = v.custom<Float32Array>(
  (value) => value instanceof Float32Array,
  "expected a Float32Array",
);
export const Float64Schema = v.custom<Float64Array>(
  (value) => value instanceof Float64Array,
  "expected a Float64Array",
);
const Uint32Schema = v.custom<Uint32Array>(
  (value) => value instanceof Uint32Array,
  "expected a Uint32Array",
);

/** Binary picture as run lengths in row-major order, starting with a run of zeros (maybe empty). */
export const MaskSchema = v.strictObject({
  widthPx: Count,
  heightPx: Count,
  areaPx: Count,
  runs: Uint32Schema,
});

export const KeypointActionSchema = v.strictObject({
  arm: ArmSchema,
  source: Count,
  target: Count,
});
