import type { Task } from "../../core/cell.ts";
import type { Random } from "../../core/random.ts";
import { layOut, randomDirection, type Pose } from "../objects/pose.ts";
import { ropeLengthM } from "../objects/rope.ts";
import { restingState, type SoftBodyModel, type SoftBodyState } from "../physics/softBody.ts";

/** Starts are centred within this distance of the world origin along x and y, metres. */
const centreRange: Record<Task, { readonly xM: number; readonly yM: number }> = {
  rope: { xM: 0.1, yM: 0.12 },
  cloth: { xM: 0.1, yM: 0.12 },
  toy: { xM: 0.1, yM: 0.1 },
};
/** Largest turn of the rope's direction from end to end at constant curvature, rad. */
const ropeBendRad = 2.2;
/** Largest turn of the rope's direction at its ends from a curvature that changes along it, rad. */
const ropeDriftRad = 1.2;

/** An object lying at rest somewhere on the table, as nobody has touched it yet. */
export function drawStart(task: Task, model: SoftBodyModel, random: Random): SoftBodyState {
  const { xM, yM } = centreRange[task];
  const pose: Pose = {
    x: random.between(-xM, xM),
    y: random.between(-yM, yM),
    ...randomDirection(random),
    side: random.index(2) === 0 ? 1 : -1,
  };
  const material = task === "rope" ? curvedRope(model, random) : model.material;
  return restingState(model, layOut(material, pose, model.radiusM));
}

/**
 * The rope's material laid along a curve of drifting curvature about the origin. Each piece turns by
 * a rational rotation, so that equal seeds give equal bits on every machine.
 *
 * @returns shape [particleCount, 2], metres.
 */
function curvedRope({ particleCount }: SoftBodyModel, random: Random): Float64Array {
  const spacing = ropeLengthM / (particleCount - 1);
  const bend = random.between(-ropeBendRad, ropeBendRad) / particleCount;
  const drift = random.between(-ropeDriftRad, ropeDriftRad) / particleCount;
  const curve = new Float64Array(particleCount * 2);
  let cosine = 1;
  let sine = 0;
  for (let particle = 1; particle < particleCount; particle++) {
    const along = (2 * particle) / particleCount - 1;
    const half = (bend + 2 * drift * along) / 2;
    const scale = 1 / (1 + half * half);
    const turnCosine = (1 - half * half) * scale;
    const turnSine = 2 * half * scale;
    [cosine, sine] = [cosine * turnCosine - sine * turnSine, cosine * turnSine + sine * turnCosine];
    curve[2 * particle] = curve[2 * particle - 2]! + spacing * cosine;
    curve[2 * particle + 1] = curve[2 * particle - 1]! + spacing * sine;
  }
  return centred(curve);
}

function centred(points: Float64Array): Float64Array {
  const count = points.length / 2;
  let x = 0;
  let y = 0;
  for (let at = 0; at < points.length; at += 2) {
    x += points[at]! / count;
    y += points[at + 1]! / count;
  }
  return points.map((coordinate, at) => coordinate - (at % 2 === 0 ? x : y));
}
