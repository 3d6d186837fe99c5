import { createStopwatch } from "../../src/core/clock.ts";

/** One way to do the work that is measured: prepares, then answers what to time. */
export interface Contender {
  readonly name: string;
  /** Made anew for each round, outside the time; `clean` runs after it. */
  readonly prepare: () => Promise<{ work: () => Promise<void> | void; clean: () => void }>;
}

export interface Measurement {
  readonly name: string;
  /** Median over the rounds. */
  readonly perSecond: number;
  /** Median over the rounds of this contender's speed over the baseline's in the same round. */
  readonly ratio: number;
}

/** Rounds that warm caches and compilers up and do not count. */
const warmUpRounds = 2;

/**
 * Times contenders in turn, round after round, so that a busy machine is busy for all of them.
 *
 * @param contenders - the first is the baseline.
 * @param unitCount - how many units of work one round does.
 * @param rounds - that count; at least 5.
 */
export async function measure(
  contenders: readonly Contender[],
  { unitCount, rounds }: { readonly unitCount: number; readonly rounds: number },
): Promise<readonly Measurement[]> {
  const speeds: number[][] = contenders.map(() => []);
  for (let round = -warmUpRounds; round < rounds; round++) {
    for (const [at, { prepare }] of contenders.entries()) {
      const { work, clean } = await prepare();
      const watch = createStopwatch();
      await work();
      const seconds = watch.seconds();
      clean();
      if (round >= 0) speeds[at]!.push(unitCount / seconds);
    }
  }
  const baseline = speeds[0]!;
  return contenders.map(({ name }, at) => ({
    name,
    perSecond: median(speeds[at]!),
    ratio: median(speeds[at]!.map((speed, round) => speed / baseline[round]!)),
  }));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
