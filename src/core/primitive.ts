/**
 * The fixed primitive's phases, in order: wait at home, go above the grasp, down to it, close the
 * fingers, lift, carry above the release, set down and open, rise and go home.
 */
export const primitivePhases = [
  "home",
  "aboveGrasp",
  "grasp",
  "close",
  "lift",
  "transport",
  "release",
  "return",
] as const;
export type PrimitivePhase = (typeof primitivePhases)[number];

/** Heights of the closing point above the table, metres. */
export const graspHeightM = 0.012;
export const releaseHeightM = 0.02;
/** On the way to the grasp and away from the release: over the object, not far. */
export const approachHeightM = 0.05;
/** Low: the slack between a higher hand and the table curls a rope's end as the hand comes down. */
export const liftHeightM = 0.05;

/** Finger openings while reaching and while holding, metres. */
export const reachingOpeningM = 0.06;
export const holdingOpeningM = 0.006;
