import type { DreamlogError } from "../../src/core/errors.ts";
import { messageRejected } from "../../src/events/hardware.ts";
import type { LiveSink } from "./liveSink.ts";

const quietUs = 1_000_000;

interface Tally {
  readonly sinceUs: number;
  count: number;
  last: DreamlogError;
}

/**
 * Records messages that could not be taken: the first of a stream at once, those that follow within a
 * second as one count, so that a broken sender cannot fill the log.
 */
export class Rejections {
  readonly #sink: LiveSink;
  readonly #tallies = new Map<string | null, Tally>();
  #total = 0;
  #last: DreamlogError | null = null;

  constructor(sink: LiveSink) {
    this.#sink = sink;
  }

  get total(): number {
    return this.#total;
  }

  /** Why the last one could not be taken; null while all could. */
  get last(): DreamlogError | null {
    return this.#last;
  }

  note(stream: string | null, error: DreamlogError, nowUs: number): void {
    this.#total += 1;
    this.#last = error;
    const tally = this.#tallies.get(stream);
    if (tally === undefined || nowUs - tally.sinceUs >= quietUs) {
      if (tally !== undefined) this.#record(stream, tally, nowUs);
      this.#tallies.set(stream, { sinceUs: nowUs, count: 0, last: error });
      this.#record(stream, { count: 1, last: error }, nowUs);
    } else {
      tally.count += 1;
      tally.last = error;
    }
  }

  /** Records the counts that are still open. */
  finish(nowUs: number): void {
    for (const [stream, tally] of this.#tallies) this.#record(stream, tally, nowUs);
    this.#tallies.clear();
  }

  #record(
    stream: string | null,
    { count, last }: Pick<Tally, "count" | "last">,
    nowUs: number,
  ): void {
    if (count === 0) return;
    const payload = { stream, code: last.code, reason: last.message, count };
    this.#sink.record("link", messageRejected, payload, nowUs);
  }
}
