import type { GraspAndRelease, HandPath } from "../core/cell.ts";
import {
  approachHeightM,
  graspHeightM,
  holdingOpeningM,
  liftHeightM,
  reachingOpeningM,
  releaseHeightM,
} from "../core/primitive.ts";

interface Knot {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly opening: number;
  /** Control steps to get here from the knot before. */
  readonly steps: number;
}

/** Steps of a transport: what the arms' joint limits make of it, about. */
const transportStepsMin = 8;
const transportStepsPerM = 36;

/**
 * The hand path of the fixed primitive without an arm: straight lines between above grasp, grasp,
 * close, lift, transport, release and away, each with a smooth start and stop and about as long as
 * the arms take. Makes goals and starts; the cell executes compiled joint trajectories instead.
 */
export function straightHandPath({ arm, grasp, release }: GraspAndRelease): HandPath {
  const dx = release.x - grasp.x;
  const dy = release.y - grasp.y;
  const distanceM = Math.sqrt(dx * dx + dy * dy);
  const transportSteps = transportStepsMin + Math.round(transportStepsPerM * distanceM);
  const reaching = reachingOpeningM;
  const holding = holdingOpeningM;
  const knots: Knot[] = [
    { x: grasp.x, y: grasp.y, z: approachHeightM, opening: reaching, steps: 0 },
    { x: grasp.x, y: grasp.y, z: graspHeightM, opening: reaching, steps: 8 },
    { x: grasp.x, y: grasp.y, z: graspHeightM, opening: holding, steps: 6 },
    { x: grasp.x, y: grasp.y, z: liftHeightM, opening: holding, steps: 8 },
    { x: release.x, y: release.y, z: liftHeightM, opening: holding, steps: transportSteps },
    { x: release.x, y: release.y, z: releaseHeightM, opening: holding, steps: 8 },
    { x: release.x, y: release.y, z: releaseHeightM, opening: reaching, steps: 4 },
    { x: release.x, y: release.y, z: approachHeightM, opening: reaching, steps: 6 },
  ];
  const stepCount = 1 + knots.reduce((sum, knot) => sum + knot.steps, 0);
  const positions = new Float32Array(stepCount * 3);
  const openings = new Float32Array(stepCount);
  let step = 0;
  const write = (from: Knot, to: Knot, share: number) => {
    positions[3 * step] = from.x + share * (to.x - from.x);
    positions[3 * step + 1] = from.y + share * (to.y - from.y);
    positions[3 * step + 2] = from.z + share * (to.z - from.z);
    openings[step] = from.opening + share * (to.opening - from.opening);
    step++;
  };
  write(knots[0]!, knots[0]!, 0);
  for (let at = 1; at < knots.length; at++) {
    const { steps } = knots[at]!;
    for (let done = 1; done <= steps; done++) {
      const time = done / steps;
      // Quintic: velocity and acceleration are zero at both ends.
      write(knots[at - 1]!, knots[at]!, time * time * time * (10 + time * (6 * time - 15)));
    }
  }
  return { arm, stepCount, positions, openings };
}
