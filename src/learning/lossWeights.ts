/** Ink from which a pixel counts as covered by something. */
const inkMin = 0.06;
/** Weight of what lies far from the object, before and after. */
const farWeight = 0.15;
/** How much more the last frame counts than each before it: it is the one that is judged. */
const lastFrameFactor = 4;
/** Neighbourhoods are made of blocks of this side, pixels. */
const blockSide = 4;

/**
 * How much each pixel of each frame counts: most near the object, where it was or where it goes. Near
 * means the same 4 × 4 block or one beside it: were only covered pixels to count more, a network
 * that is unsure would do best to draw the object too fat.
 *
 * @param firstFrame - ink, shape [3, side, side].
 * @param targets - ink, shape [3 · frames, side, side].
 * @returns shape [frames, 1, side, side]; sums to 1, however small the object.
 */
export function neighbourhoodWeights(
  firstFrame: Float32Array,
  targets: Float32Array,
  sidePx: number,
): Float32Array {
  const area = sidePx * sidePx;
  const frameCount = targets.length / (3 * area);
  const weights = new Float32Array(frameCount * area);
  const before = coveredBlocks(firstFrame, sidePx);
  let total = 0;
  for (let frame = 0; frame < frameCount; frame++) {
    const after = coveredBlocks(targets.subarray(3 * frame * area, 3 * (frame + 1) * area), sidePx);
    const isNear = widened(
      after.map((covered, block) => covered | before[block]!),
      sidePx / blockSide,
    );
    const factor = frame === frameCount - 1 ? lastFrameFactor : 1;
    for (let at = 0; at < area; at++) {
      const weight = factor * (isNear[blockOf(at, sidePx)] === 1 ? 1 : farWeight);
      weights[frame * area + at] = weight;
      total += weight;
    }
  }
  return weights.map((weight) => weight / total);
}

function blockOf(pixel: number, sidePx: number): number {
  const column = pixel % sidePx;
  const row = (pixel - column) / sidePx;
  return Math.floor(row / blockSide) * (sidePx / blockSide) + Math.floor(column / blockSide);
}

/** By block: 1 where some channel of some pixel has ink. @param planes - shape [3, side, side]. */
function coveredBlocks(planes: Float32Array, sidePx: number): Uint8Array {
  const area = sidePx * sidePx;
  const blocks = new Uint8Array((sidePx / blockSide) ** 2);
  for (let at = 0; at < planes.length; at++) {
    if (planes[at]! > inkMin) blocks[blockOf(at % area, sidePx)] = 1;
  }
  return blocks;
}

/** Every set block and the eight around it. */
function widened(blocks: Uint8Array, side: number): Uint8Array {
  const result = new Uint8Array(blocks.length);
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      if (blocks[row * side + column] === 0) continue;
      for (let y = Math.max(0, row - 1); y <= Math.min(side - 1, row + 1); y++) {
        for (let x = Math.max(0, column - 1); x <= Math.min(side - 1, column + 1); x++) {
          result[y * side + x] = 1;
        }
      }
    }
  }
  return result;
}
