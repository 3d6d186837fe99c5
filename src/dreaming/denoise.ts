/**
 * One step of the deterministic sampler (DDIM, Song et al. 2021, on the straight path between data and
 * noise): keeps the noise that the guess implies and moves from time t to an earlier one.
 *
 * @param noisy - z_t = (1 − t) · change + t · noise; not changed.
 * @param guess - the denoiser's change for `noisy`, same length.
 * @param time - t, above 0, at most 1.
 * @param earlier - where to, 0 to `time`; at 0 the answer is the guess.
 */
export function stepTowardsData(
  noisy: Float32Array,
  guess: Float32Array,
  time: number,
  earlier: number,
): Float32Array {
  const kept = earlier / time;
  const guessShare = 1 - earlier - (1 - time) * kept;
  const moved = new Float32Array(noisy.length);
  for (let at = 0; at < moved.length; at++) moved[at] = kept * noisy[at]! + guessShare * guess[at]!;
  return moved;
}

/** Times at which a dream of `stepCount` steps asks the denoiser, from 1 downwards, evenly spaced. */
export function samplingTimes(stepCount: number): number[] {
  return Array.from({ length: stepCount }, (_, step) => 1 - step / stepCount);
}
