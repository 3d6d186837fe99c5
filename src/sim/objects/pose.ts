import type { Random } from "../../core/random.ts";

/**
 * Where an object lies: (cosine, sine) of its heading and its origin on the table, metres; `side` −1
 * mirrors it.
 */
export interface Pose {
  readonly x: number;
  readonly y: number;
  readonly cosine: number;
  readonly sine: number;
  readonly side: 1 | -1;
}

/** A direction drawn uniformly from the circle, without trigonometry. */
export function randomDirection(random: Random): {
  readonly cosine: number;
  readonly sine: number;
} {
  for (;;) {
    const x = random.between(-1, 1);
    const y = random.between(-1, 1);
    const length2 = x * x + y * y;
    if (length2 > 1 || length2 < 0.01) continue;
    const length = Math.sqrt(length2);
    return { cosine: x / length, sine: y / length };
  }
}

/** Lays the material on the table. @param material - shape [count, 2]. @returns shape [count, 3]. */
export function layOut(material: Float64Array, pose: Pose, heightM: number): Float64Array {
  const positions = new Float64Array((material.length / 2) * 3);
  for (let particle = 0; particle < material.length / 2; particle++) {
    const u = material[2 * particle]!;
    const v = material[2 * particle + 1]! * pose.side;
    positions[3 * particle] = pose.x + pose.cosine * u - pose.sine * v;
    positions[3 * particle + 1] = pose.y + pose.sine * u + pose.cosine * v;
    positions[3 * particle + 2] = heightM;
  }
  return positions;
}
