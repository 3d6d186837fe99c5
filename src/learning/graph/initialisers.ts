import { itemCount, type Initialiser } from "./graph.ts";

export const zeros: Initialiser = (shape) => new Float32Array(itemCount(shape));

export const ones: Initialiser = (shape) => new Float32Array(itemCount(shape)).fill(1);

/** Normal numbers of standard deviation gain / √fanIn, which keeps the variance of activations. */
export function scaledNormal(fanIn: number, gain = 1): Initialiser {
  const deviation = gain / Math.sqrt(fanIn);
  return (shape, random) =>
    Float32Array.from({ length: itemCount(shape) }, () => deviation * random.normal());
}
