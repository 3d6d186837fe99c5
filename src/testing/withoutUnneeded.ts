import type { GeneratedRun } from "./arbitraryRun.ts";

/**
 * Leaves out session after session and event after event as long as the run still fails: fast-check
 * ends where none of its own steps leads on, which may be before that.
 */
export async function withoutUnneeded(
  run: GeneratedRun,
  fails: (run: GeneratedRun) => Promise<boolean>,
): Promise<GeneratedRun> {
  for (const shorter of shorterRuns(run)) {
    if (await fails(shorter)) return withoutUnneeded(shorter, fails);
  }
  return run;
}

/** The run without one of its sessions, or without one of its events. */
function* shorterRuns(run: GeneratedRun): Generator<GeneratedRun> {
  if (run.length > 1) {
    for (const dropped of run.keys()) yield run.filter((_, at) => at !== dropped);
  }
  for (const [at, session] of run.entries()) {
    for (const dropped of session.events.keys()) {
      const events = session.events.filter((_, index) => index !== dropped);
      yield run.with(at, { ...session, events });
    }
  }
}
