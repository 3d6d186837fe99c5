import type { GraspAndRelease, HandPath } from "../core/cell.ts";
import { controlRateHz } from "../core/cell.ts";

/** Height of the closing point while grasping and when letting go, metres. */
export const graspHeightM = 0.012;
const releaseHeightM = 0.02;
const liftHeightM = 0.09;
const openM = 0.06;
const closedM = 0.006;

interface Knot {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly opening: number;
  /** Time to get here from the knot before, seconds. */
  readonly durationS: number;
}

/**
 * The hand path of the fixed primitive without an arm: straight lines between above grasp, grasp,
 * close, lift, transport, lower, open and away, each with a smooth start and stop. Makes goals and
 * starts and searches them; the cell executes compiled joint trajectories instead.
 */
export function straightHandPath({ arm, grasp, release }: GraspAndRelease): HandPath {
  const knots: Knot[] = [
    { x: grasp.x, y: grasp.y, z: liftHeightM, opening: openM, durationS: 0 },
    { x: grasp.x, y: grasp.y, z: graspHeightM, opening: openM, durationS: 0.4 },
    { x: grasp.x, y: grasp.y, z: graspHeightM, opening: closedM, durationS: 0.3 },
    { x: grasp.x, y: grasp.y, z: liftHeightM, opening: closedM, durationS: 0.5 },
    { x: release.x, y: release.y, z: liftHeightM, opening: closedM, durationS: 0.9 },
    { x: release.x, y: release.y, z: releaseHeightM, opening: closedM, durationS: 0.5 },
    { x: release.x, y: release.y, z: releaseHeightM, opening: openM, durationS: 0.3 },
    { x: release.x, y: release.y, z: liftHeightM, opening: openM, durationS: 0.4 },
  ];
  const stepCount = 1 + knots.reduce((sum, knot) => sum + stepsOf(knot), 0);
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
    const count = stepsOf(knots[at]!);
    for (let done = 1; done <= count; done++) {
      const time = done / count;
      // Quintic: velocity and acceleration are zero at both ends.
      write(knots[at - 1]!, knots[at]!, time * time * time * (10 + time * (6 * time - 15)));
    }
  }
  return { arm, stepCount, positions, openings };
}

function stepsOf(knot: Knot): number {
  return Math.round(knot.durationS * controlRateHz);
}
