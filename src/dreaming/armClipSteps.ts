import type { JointTrajectory } from "../ports/environment.ts";
import { commandSize, jointCount } from "../robot/fr3.ts";

/** Openings nearer than this to the smallest one count as closed, metres. */
const closedWithinM = 1e-4;
/** Fingers that move less than this do not grasp anything, metres. */
const graspTravelM = 0.005;

/** Of the time before the grasp and after the release: near the object rather than at home. */
const approachShare = 2 / 3;
const leavingShare = 1 / 3;

/**
 * The control steps that a clip of `frameCount` frames shows: on the way to the grasp; fingers just
 * closed; moments evenly between; fingers about to open; on the way home. Evenly spaced moments
 * would miss the grasp and the release, which say more about the outcome than all the others. The
 * moments are read off the fingers' commands; fingers that never close give evenly spaced steps.
 */
export function armClipSteps(trajectory: JointTrajectory, frameCount: number): number[] {
  const last = trajectory.stepCount - 1;
  const { smallest, largest } = openingRange(trajectory);
  if (largest - smallest < graspTravelM) {
    return Array.from({ length: frameCount }, (_, frame) =>
      Math.round((frame / (frameCount - 1)) * last),
    );
  }
  const isClosed = (step: number) => openingAt(trajectory, step) < smallest + closedWithinM;
  let grasp = 0;
  while (!isClosed(grasp)) grasp++;
  let release = last;
  while (!isClosed(release)) release--;
  const heldFrames = frameCount - 2;
  const held = Array.from({ length: heldFrames }, (_, frame) =>
    Math.round(grasp + (frame / (heldFrames - 1)) * (release - grasp)),
  );
  const approach = Math.round(approachShare * grasp);
  const leaving = Math.round(release + leavingShare * (last - release));
  return [approach, ...held, leaving];
}

/** How far the fingers are closed at a step, 0 to 1 of their travel in this trajectory. */
export function closedShareAt(trajectory: JointTrajectory, step: number): number {
  const { smallest, largest } = openingRange(trajectory);
  if (largest - smallest < graspTravelM) return 0;
  return (largest - openingAt(trajectory, step)) / (largest - smallest);
}

function openingAt({ commands }: JointTrajectory, step: number): number {
  return commands[step * commandSize + jointCount]!;
}

function openingRange(trajectory: JointTrajectory): { smallest: number; largest: number } {
  let smallest = Infinity;
  let largest = -Infinity;
  for (let step = 0; step < trajectory.stepCount; step++) {
    smallest = Math.min(smallest, openingAt(trajectory, step));
    largest = Math.max(largest, openingAt(trajectory, step));
  }
  return { smallest, largest };
}
