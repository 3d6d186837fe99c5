import type { Point3 } from "../../src/core/camera.ts";

/** A segment with a radius: everything within `radiusM` of the line from `a` to `b`, metres. */
export interface Capsule {
  readonly a: Point3;
  readonly b: Point3;
  readonly radiusM: number;
}

/** @returns distance between two capsules' surfaces, metres; negative where they overlap. */
export function capsuleDistance(one: Capsule, other: Capsule): number {
  return segmentDistance(one, other) - one.radiusM - other.radiusM;
}

/**
 * Distance between two segments by their closest points (Ericson, Real-Time Collision Detection,
 * 5.1.9); segments of length 0 are points.
 */
function segmentDistance(one: Capsule, other: Capsule): number {
  const d1 = difference(one.b, one.a);
  const d2 = difference(other.b, other.a);
  const r = difference(one.a, other.a);
  const a = dot(d1, d1);
  const e = dot(d2, d2);
  const b = dot(d1, d2);
  const c = dot(d1, r);
  const f = dot(d2, r);
  const denominator = a * e - b * b;
  // Parallel segments have many closest pairs; any place on the first will do.
  let s = a > 0 && denominator > 0 ? clampUnit((b * f - c * e) / denominator) : 0;
  let t = e > 0 ? (b * s + f) / e : 0;
  if (t < 0 || t > 1) {
    t = clampUnit(t);
    s = a > 0 ? clampUnit((b * t - c) / a) : 0;
  } else if (e === 0) s = a > 0 ? clampUnit(-c / a) : 0;
  const x = r.x + d1.x * s - d2.x * t;
  const y = r.y + d1.y * s - d2.y * t;
  const z = r.z + d1.z * s - d2.z * t;
  return Math.sqrt(x * x + y * y + z * z);
}

function difference(one: Point3, other: Point3): Point3 {
  return { x: one.x - other.x, y: one.y - other.y, z: one.z - other.z };
}

function dot(one: Point3, other: Point3): number {
  return one.x * other.x + one.y * other.y + one.z * other.z;
}

function clampUnit(value: number): number {
  return Math.max(0, Math.min(1, value));
}
