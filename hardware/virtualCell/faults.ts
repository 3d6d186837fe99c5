import { createRandom, type Random } from "../../src/core/random.ts";

/** What goes wrong in a virtual cell; everything that is drawn is drawn from the cell's seed. */
export interface Faults {
  /** Share of messages that are never sent. */
  readonly lossShare: number;
  /** Share of messages that are held back until others have passed them. */
  readonly reorderShare: number;
  /** Every message waits up to this long, milliseconds. */
  readonly jitterMs: number;
  /** The cell's clock is ahead of this machine's by this much, milliseconds. */
  readonly skewMs: number;
  /** Seconds after the start at which every connection is ended. */
  readonly disconnectAtS: readonly number[];
  /** Seconds after the start at which the left arm stops with a reflex. */
  readonly reflexAtS: readonly number[];
}

export const faultPresets = {
  none: {
    lossShare: 0,
    reorderShare: 0,
    jitterMs: 0,
    skewMs: 0,
    disconnectAtS: [],
    reflexAtS: [],
  },
  /** A good network and clocks that agree within milliseconds. */
  mild: {
    lossShare: 0,
    reorderShare: 0,
    jitterMs: 2,
    skewMs: 3,
    disconnectAtS: [],
    reflexAtS: [],
  },
  harsh: {
    lossShare: 0.01,
    reorderShare: 0.01,
    jitterMs: 5,
    skewMs: -250,
    disconnectAtS: [2],
    reflexAtS: [4],
  },
} as const satisfies Readonly<Record<string, Faults>>;
export type FaultPreset = keyof typeof faultPresets;

/** Longer than a few periods of the camera. */
const heldBackMs = 80;

/** What becomes of one message. */
export interface Fate {
  readonly isLost: boolean;
  readonly delayUs: number;
}

/** The fates of a stream's messages, in order: equal seeds and faults give equal fates. */
export function createFates(faults: Faults, seed: string, stream: string): () => Fate {
  const random: Random = createRandom(`virtualCell/${seed}`).split(stream);
  return () => {
    const isLost = random.uniform() < faults.lossShare;
    const isHeldBack = random.uniform() < faults.reorderShare;
    const delayMs = random.uniform() * faults.jitterMs + (isHeldBack ? heldBackMs : 0);
    return { isLost, delayUs: Math.round(delayMs * 1000) };
  };
}
