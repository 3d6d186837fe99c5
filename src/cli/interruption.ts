import { createStopwatch } from "../core/clock.ts";

const signals = ["SIGINT", "SIGTERM"] as const;
/** Exit code of a process that a user stopped: 128 + SIGINT. */
export const interruptedExitCode = 130;
/** npm hands Ctrl-C on to a child that the terminal told already; two so close together are one. */
const echoSeconds = 0.3;

/** Ctrl-C while a command works. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** Leaves the signals to the process again. */
  release(): void;
}

/**
 * Turns the first Ctrl-C into an abort, so that the items under way end whole, and the second into
 * an immediate end of the process, which the log survives as it does any other death.
 *
 * @param onFirst - called once, to tell the user.
 */
export function watchForInterruption(onFirst: () => void): Interruption {
  const controller = new AbortController();
  let sinceFirst: ReturnType<typeof createStopwatch> | undefined;
  const handle = () => {
    if (sinceFirst === undefined) {
      sinceFirst = createStopwatch();
      onFirst();
      controller.abort();
    } else if (sinceFirst.seconds() > echoSeconds) {
      // Nothing of this process may run on: its threads could be inside native code.
      process.kill(process.pid, "SIGKILL");
    }
  };
  for (const name of signals) process.on(name, handle);
  return {
    signal: controller.signal,
    release() {
      for (const name of signals) process.off(name, handle);
    },
  };
}
