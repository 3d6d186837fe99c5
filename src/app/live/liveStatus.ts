import { monitorEventLoopDelay } from "node:perf_hooks";
import type { StreamTally } from "../../../hardware/intake/cellIntake.ts";
import type { LiveCell } from "../../../hardware/liveCell.ts";
import type { HaltReason } from "../../../hardware/safety/safetyGate.ts";
import { createStopwatch } from "../../core/clock.ts";
import type { LogSink } from "./logSink.ts";
import type { Look } from "./watchScene.ts";

const statusMs = 500;
const lagResolutionMs = 5;

/** What live perception made of a session's pictures so far. */
export interface SeenSoFar {
  /** Pictures that were looked at. */
  readonly looks: number;
  /** Where the object was when it was last looked at; null before. */
  readonly lastLook: Look | null;
  /** Why there is nothing to look at; null where there is, or nobody asked. */
  readonly unseen: string | null;
}

/** How a session stands, for a status line. */
export interface LiveStatus extends SeenSoFar {
  readonly seconds: number;
  readonly isConnected: boolean;
  readonly haltedBy: HaltReason | null;
  readonly streams: readonly StreamTally[];
  readonly rejected: number;
  /** Why the last rejected message was; null while none was. */
  readonly lastRejection: string | null;
  readonly dropped: number;
  readonly interventions: number;
  readonly commandsSent: number;
  /** By how much timers of this program came late since the last status, 99th percentile, milliseconds. */
  readonly lagMs: number;
}

/** Tells now and then how the session stands. */
export function createReporter(
  cell: LiveCell,
  sink: LogSink,
  seen: () => SeenSoFar,
  onStatus: (status: LiveStatus) => void,
): { readonly status: () => LiveStatus; readonly end: () => void } {
  const watch = createStopwatch();
  const lag = monitorEventLoopDelay({ resolution: lagResolutionMs });
  lag.enable();
  const status = (): LiveStatus => {
    const { rejected, lastRejection, interventions, commandsSent } = cell.counts;
    return {
      seconds: watch.seconds(),
      isConnected: cell.isConnected,
      haltedBy: cell.haltedBy,
      streams: cell.tallies(),
      ...{ rejected, lastRejection },
      dropped: sink.dropped,
      interventions,
      commandsSent,
      ...seen(),
      // What is measured is the time from timer to timer.
      lagMs: Math.max(0, lag.percentile(99) / 1e6 - lagResolutionMs),
    };
  };
  const timer = setInterval(() => {
    onStatus(status());
    lag.reset();
  }, statusMs);
  return {
    status,
    end() {
      clearInterval(timer);
      lag.disable();
    },
  };
}
