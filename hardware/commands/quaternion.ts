/** A unit quaternion as ROS writes it. */
export interface Quaternion {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly w: number;
}

/**
 * The quaternion of a rotation, by the largest of its four components (Shepperd 1978), so that no
 * rotation divides by a small number.
 *
 * @param axes - row-major 3×3 rotation matrix.
 */
export function quaternionOf(axes: readonly number[]): Quaternion {
  const [xx, xy, xz, yx, yy, yz, zx, zy, zz] = axes as unknown as readonly [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const trace = xx + yy + zz;
  const largest = Math.max(trace, xx, yy, zz);
  if (largest === trace) {
    const s = 2 * Math.sqrt(1 + trace);
    return { x: (zy - yz) / s, y: (xz - zx) / s, z: (yx - xy) / s, w: s / 4 };
  }
  if (largest === xx) {
    const s = 2 * Math.sqrt(1 + xx - yy - zz);
    return { x: s / 4, y: (xy + yx) / s, z: (xz + zx) / s, w: (zy - yz) / s };
  }
  if (largest === yy) {
    const s = 2 * Math.sqrt(1 + yy - xx - zz);
    return { x: (xy + yx) / s, y: s / 4, z: (yz + zy) / s, w: (xz - zx) / s };
  }
  const s = 2 * Math.sqrt(1 + zz - xx - yy);
  return { x: (xz + zx) / s, y: (yz + zy) / s, z: s / 4, w: (yx - xy) / s };
}
