import { workspaceSideM } from "../core/cell.ts";
import type { Random } from "../core/random.ts";

/** Standard deviations of what `displacedAtRandom` adds, metres. */
const sceneShiftM = 0.04;
const keypointShiftM = 0.01;

/**
 * The same scene seen otherwise: turned by any angle, and mirrored half of the time. What a primitive
 * does to an object does not depend on where north is, so the same pair of keypoints is still best;
 * which arm can do it is an input of its own, and stays as it was.
 *
 * @param points - shape [count, 2], about the workspace's centre.
 */
export function turnedAtRandom(points: Float32Array, random: Random): Float32Array {
  const angle = random.between(0, 2 * Math.PI);
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  const side = random.uniform() < 0.5 ? -1 : 1;
  const turned = new Float32Array(points.length);
  for (let at = 0; at < points.length; at += 2) {
    const [x, y] = [side * points[at]!, points[at + 1]!];
    turned[at] = cosine * x - sine * y;
    turned[at + 1] = sine * x + cosine * y;
  }
  return turned;
}

/**
 * Nearly the same scene: all of it shifted, which changes nothing, and each keypoint by itself, as if
 * sampling had put it beside. It keeps a policy from learning few scenes by heart.
 *
 * @param points - shape [count, 2]; ±1 is the workspace's edge.
 */
export function displacedAtRandom(points: Float32Array, random: Random): Float32Array {
  const half = workspaceSideM / 2;
  const shift = [0, 1].map(() => (sceneShiftM / half) * random.normal());
  return points.map(
    (place, at) => place + shift[at % 2]! + (keypointShiftM / half) * random.normal(),
  );
}
