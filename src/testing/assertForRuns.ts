import fc from "fast-check";
import { ManualClock } from "../core/clock.ts";
import type { StoredEvent } from "../events/envelope.ts";
import { createMemoryLog, type OpenLog } from "../../store/openLog.ts";
import { arbitraryRun, type GeneratedRun, type RunConstraints } from "./arbitraryRun.ts";
import { recordRun, saveRun } from "./recordRun.ts";
import { withoutUnneeded } from "./withoutUnneeded.ts";

export interface RunAssertion {
  /** Where the smallest failing run goes, as a log file; one that is there is not written over. */
  readonly saveTo: string;
  readonly constraints?: RunConstraints;
  /** Of fast-check, such as `numRuns` and `seed`. */
  readonly parameters?: fc.Parameters<[GeneratedRun]>;
}

/**
 * Asserts a property of every log. When it fails, the run is shrunk to the smallest that still does,
 * and that one is saved as a log, to be looked into with `dreamlog log` and `dreamlog replay`.
 *
 * @param predicate - gets a run in a log in memory, and its events; it throws where the property fails.
 * @throws with fast-check's report and the path of the saved log.
 */
export async function assertForRuns(
  predicate: (open: OpenLog, events: readonly StoredEvent[]) => Promise<void> | void,
  { saveTo, constraints = {}, parameters = {} }: RunAssertion,
): Promise<void> {
  const check = async (run: GeneratedRun) => {
    const open = createMemoryLog({ clock: new ManualClock(0) });
    await predicate(open, await recordRun(open, run));
  };
  const fails = (run: GeneratedRun) =>
    check(run).then(
      () => false,
      () => true,
    );
  const property = fc.asyncProperty(arbitraryRun(constraints), check);
  const details = await fc.check(property, parameters);
  if (!details.failed) return;
  const [failing] = details.counterexample ?? [];
  if (failing !== undefined) await saveRun(await withoutUnneeded(failing, fails), saveTo);
  const report = await fc.asyncDefaultReportMessage(details);
  const saved = `the smallest run that fails is saved: dreamlog log ls ${saveTo} --tree`;
  throw new Error(`${report ?? "the property failed"}\n\n${saved}`, {
    cause: details.errorInstance,
  });
}
