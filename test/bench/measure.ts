import { spawnSync } from "node:child_process";
import { createStopwatch } from "../../src/core/clock.ts";

/** One way to do the work that is measured: prepares, then answers what to time. */
export interface Contender {
  readonly name: string;
  /** Made anew for each round, outside the time; `clean` runs after it. */
  readonly prepare: () => Promise<Prepared>;
}

export interface Prepared {
  readonly work: () => Promise<void> | void;
  readonly clean: () => Promise<void> | void;
}

/** What one contender did in each round, units of work a second. */
export interface Speeds {
  readonly name: string;
  readonly perSecond: readonly number[];
}

/** Rounds that warm caches and compilers up and do not count. */
const warmUpRounds = 2;

/**
 * Times contenders in turn, round after round, so that a busy machine is busy for all of them.
 *
 * @param unitCount - how many units of work one round does.
 * @param rounds - that count; at least 5.
 */
export async function measure(
  contenders: readonly Contender[],
  { unitCount, rounds }: { readonly unitCount: number; readonly rounds: number },
): Promise<readonly Speeds[]> {
  const speeds = contenders.map(({ name }) => ({ name, perSecond: [] as number[] }));
  for (let round = -warmUpRounds; round < rounds; round++) {
    for (const [at, { prepare }] of contenders.entries()) {
      const { work, clean } = await prepare();
      // What others wrote is on the disk before the clock starts: nobody pays for it but who wrote it.
      spawnSync("sync");
      const watch = createStopwatch();
      await work();
      const seconds = watch.seconds();
      await clean();
      if (round >= 0) speeds[at]!.perSecond.push(unitCount / seconds);
    }
  }
  return speeds;
}

/** Median over the rounds of one contender's speed over another's in the same round. */
export function ratioOf(subject: Speeds, baseline: Speeds): number {
  return median(subject.perSecond.map((speed, round) => speed / baseline.perSecond[round]!));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
