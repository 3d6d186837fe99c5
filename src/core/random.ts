import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";
import { digestFields } from "./digest.ts";
import { invariant } from "./errors.ts";

/**
 * Seeded random numbers. Every draw uses exact integer and IEEE basic arithmetic only, so a seed
 * means the same numbers on every machine.
 */
export interface Random {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Uniform in [low, high). */
  between(low: number, high: number): number;
  /** Uniform integer in [0, count). */
  index(count: number): number;
  /** Standard normal by the sum of twelve uniforms: mean 0, variance 1, |value| ≤ 6. */
  normal(): number;
  /** A generator independent of this one's past and future draws, named by `label`. */
  split(label: string | number): Random;
}

/** @param seed - any text or number; equal seeds give equal streams. */
export function createRandom(seed: string | number): Random {
  const identity = digestFields(["random", seed]);
  const word = (at: number) => Number.parseInt(identity.slice(at * 8, at * 8 + 8), 16) | 0;
  const generator = xoroshiro128plusFromState([word(0), word(1), word(2), word(3)]);
  const uniform = () => (generator.next() >>> 0) / 0x1_0000_0000;
  return {
    uniform,
    between: (low, high) => low + (high - low) * uniform(),
    index(count) {
      invariant(Number.isInteger(count) && count > 0, `index(${String(count)}) needs count ≥ 1`);
      return Math.floor(uniform() * count);
    },
    normal() {
      let sum = -6;
      for (let draw = 0; draw < 12; draw++) sum += uniform();
      return sum;
    },
    split: (label) => createRandom(`${identity}/${String(label)}`),
  };
}

/** @returns a new array with the items in random order (Fisher–Yates). */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const pick = random.index(last + 1);
    const held = order[last] as T;
    order[last] = order[pick] as T;
    order[pick] = held;
  }
  return order;
}
