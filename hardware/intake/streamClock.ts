import type { PayloadOf } from "../../src/events/eventDefinition.ts";
import type { clockOffsetEstimated, gapFound, messagesLate } from "../../src/events/hardware.ts";

/** What the times of a stream's messages tell of it. */
export interface TimingFindings {
  readonly gap: PayloadOf<typeof gapFound> | null;
  readonly late: PayloadOf<typeof messagesLate> | null;
  readonly offset: PayloadOf<typeof clockOffsetEstimated> | null;
}

const windowUs = 1_000_000;
/** A pause is a gap from half a period beyond the next message on. */
const gapPeriods = 1.5;
/** Offsets that differ by less are the same. */
const offsetStepUs = 1000;

interface Window {
  readonly startUs: number;
  sampleCount: number;
  leastUs: number;
  mostUs: number;
  lateCount: number;
  worstUs: number;
}

/**
 * Watches the stamps of one stream: gaps at once, late messages and the clocks' offset once a second
 * of this machine's time. Stamps are taken as they are and never corrected.
 */
export class StreamClock {
  readonly #stream: string;
  readonly #periodUs: number | null;
  #latestUs: number | null = null;
  #window: Window | null = null;
  #reportedUs: number | null = null;

  constructor(stream: string, rateHz: number | null) {
    this.#stream = stream;
    this.#periodUs = rateHz === null ? null : 1e6 / rateHz;
  }

  /** @param stampUs - by the source's clock. @param receivedUs - by this machine's. */
  note(stampUs: number, receivedUs: number): TimingFindings {
    const closed = this.#roll(receivedUs);
    const window = this.#window!;
    const delayUs = receivedUs - stampUs;
    window.sampleCount += 1;
    window.leastUs = Math.min(window.leastUs, delayUs);
    window.mostUs = Math.max(window.mostUs, delayUs);
    const latestUs = this.#latestUs;
    if (latestUs !== null && stampUs < latestUs) {
      window.lateCount += 1;
      window.worstUs = Math.max(window.worstUs, latestUs - stampUs);
      return { ...closed, gap: null };
    }
    this.#latestUs = stampUs;
    return { ...closed, gap: latestUs === null ? null : this.#gap(latestUs, stampUs) };
  }

  /** What the window under way holds, at the end of the session. */
  finish(): Omit<TimingFindings, "gap"> {
    return this.#close();
  }

  #gap(fromTimeUs: number, toTimeUs: number): TimingFindings["gap"] {
    const periodUs = this.#periodUs;
    const pauseUs = toTimeUs - fromTimeUs;
    if (periodUs === null || pauseUs < gapPeriods * periodUs) return null;
    const missingCount = Math.max(1, Math.round(pauseUs / periodUs) - 1);
    return { stream: this.#stream, fromTimeUs, toTimeUs, missingCount };
  }

  #roll(receivedUs: number): Omit<TimingFindings, "gap"> {
    const window = this.#window;
    if (window !== null && receivedUs - window.startUs < windowUs) {
      return { late: null, offset: null };
    }
    const closed = this.#close();
    this.#window = {
      startUs: receivedUs,
      sampleCount: 0,
      leastUs: Infinity,
      mostUs: -Infinity,
      lateCount: 0,
      worstUs: 0,
    };
    return closed;
  }

  #close(): Omit<TimingFindings, "gap"> {
    const window = this.#window;
    if (window === null || window.sampleCount === 0) return { late: null, offset: null };
    const { lateCount, worstUs, leastUs, mostUs, sampleCount } = window;
    const late = lateCount === 0 ? null : { stream: this.#stream, count: lateCount, worstUs };
    const isNews =
      this.#reportedUs === null || Math.abs(leastUs - this.#reportedUs) >= offsetStepUs;
    if (!isNews) return { late, offset: null };
    this.#reportedUs = leastUs;
    const jitterUs = mostUs - leastUs;
    return { late, offset: { stream: this.#stream, offsetUs: leastUs, jitterUs, sampleCount } };
  }
}
