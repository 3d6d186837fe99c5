import type { LiveSink } from "../../../hardware/intake/liveSink.ts";
import type { LogWriter } from "../../../store/logWriter.ts";
import type { SessionId } from "../../events/envelope.ts";
import type { EventStream, OverflowPolicy } from "../../ports/eventStream.ts";
import { exactProducer } from "../producers.ts";

/** A cell that this program did not simulate: it writes the facts of live sessions. */
export const liveCellProducer = exactProducer("hardware.liveCell", 1);

/** Some seconds of a stream; a log that cannot keep up for so long loses events, and says so. */
const maxWaiting = 8192;

/** A live session's events on their way into the log. */
export interface LogSink extends LiveSink {
  readonly dropped: number;
  /** Resolves when all that was recorded so far has found room; for sources that can wait. */
  whenTaken(): Promise<void>;
  /**
   * Resolves when all that was recorded is stored.
   *
   * @throws what the log refused an event with.
   */
  flush(): Promise<void>;
}

/**
 * One log stream for each stream of the cell.
 *
 * @param policy - `drop` for a cell, which cannot be held back: what finds no room is left out and
 *   counted by the log. `block` for whoever awaits `whenTaken` now and then.
 */
export function createLogSink(
  writer: LogWriter,
  session: SessionId,
  policy: OverflowPolicy,
  onFailure: (error: Error) => void,
): LogSink {
  const streams = new Map<string, { readonly stream: EventStream; count: number }>();
  const waiting = new Set<Promise<void>>();
  const streamOf = (name: string) => {
    const known = streams.get(name);
    if (known !== undefined) return known;
    const made = {
      stream: writer.stream({ session, name, policy, maxWaiting }),
      count: 0,
    };
    streams.set(name, made);
    return made;
  };
  return {
    get dropped() {
      return [...streams.values()].reduce((sum, { stream }) => sum + stream.counts().dropped, 0);
    },
    record(name, { type, version, kind }, payload, sourceTimeUs) {
      const to = streamOf(name);
      const offered = to.stream.offer({
        id: `${session}#live/${name}/${to.count++}`,
        session,
        type,
        version,
        kind,
        sourceTimeUs,
        causes: [],
        producer: liveCellProducer,
        seed: null,
        key: null,
        payload,
      });
      const taken = offered
        .catch((error: unknown) => {
          onFailure(error instanceof Error ? error : new Error(String(error)));
        })
        .then(() => void waiting.delete(taken));
      waiting.add(taken);
    },
    storeBytes: (bytes, mediaType) => writer.blobs.put(bytes, mediaType),
    async whenTaken() {
      await Promise.all(waiting);
    },
    async flush() {
      for (const { stream } of streams.values()) await stream.flush();
    },
  };
}
