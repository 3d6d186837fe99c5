/** A message that others are matched to, and of each other stream the one nearest to it in time. */
export interface Aligned<Value> {
  readonly timeUs: number;
  readonly leader: Value;
  readonly followers: ReadonlyMap<string, { readonly timeUs: number; readonly value: Value }>;
  /** Streams that had nothing within the tolerance, in order of name. */
  readonly missing: readonly string[];
}

export interface AlignmentOptions {
  /** The stream whose every message is answered once, such as a camera. */
  readonly leader: string;
  readonly followers: readonly string[];
  /** Largest difference of stamps, ends included, microseconds. */
  readonly toleranceUs: number;
  /** How far the stamps of any stream run ahead before a silent one is not waited for. */
  readonly patienceUs: number;
}

interface Timed<Value> {
  readonly timeUs: number;
  readonly value: Value;
}

/**
 * Matches streams by their source times, approximately: each message of the leader with the nearest of
 * every follower; of two equally near, the earlier. The answer depends on stamps and on nothing else
 * as long as no message is later than the patience, however the streams were interleaved.
 */
export class TimeAligner<Value> {
  readonly #options: AlignmentOptions;
  readonly #waiting: Timed<Value>[] = [];
  readonly #followers: ReadonlyMap<string, Timed<Value>[]>;
  #newestUs = -Infinity;

  constructor(options: AlignmentOptions) {
    this.#options = options;
    this.#followers = new Map([...options.followers].sort().map((name) => [name, []] as const));
  }

  /** @returns the leader's messages that can be answered now, in order of time. */
  push(stream: string, timeUs: number, value: Value): Aligned<Value>[] {
    const kept = stream === this.#options.leader ? this.#waiting : this.#followers.get(stream);
    if (kept === undefined) return [];
    insertByTime(kept, { timeUs, value });
    this.#newestUs = Math.max(this.#newestUs, timeUs);
    const answers: Aligned<Value>[] = [];
    while (this.#waiting.length > 0 && this.#isSettled(this.#waiting[0]!.timeUs)) {
      answers.push(this.#answer(this.#waiting.shift()!));
    }
    this.#forget();
    return answers;
  }

  /** @returns answers to what is still waiting; nothing more will come. */
  finish(): Aligned<Value>[] {
    return this.#waiting.splice(0).map((message) => this.#answer(message));
  }

  /** Whoever could still send a nearer message has had time enough to. */
  #isSettled(timeUs: number): boolean {
    const { toleranceUs, patienceUs } = this.#options;
    return this.#newestUs > timeUs + toleranceUs + patienceUs;
  }

  #answer({ timeUs, value }: Timed<Value>): Aligned<Value> {
    const followers = new Map<string, Timed<Value>>();
    const missing: string[] = [];
    for (const [name, messages] of this.#followers) {
      const nearest = nearestTo(messages, timeUs);
      const isNear =
        nearest !== undefined && Math.abs(nearest.timeUs - timeUs) <= this.#options.toleranceUs;
      if (isNear) followers.set(name, nearest);
      else missing.push(name);
    }
    return { timeUs, leader: value, followers, missing };
  }

  /** Drops what no message of the leader can match any more. */
  #forget(): void {
    const { toleranceUs, patienceUs } = this.#options;
    const oldestUs = Math.min(this.#waiting[0]?.timeUs ?? Infinity, this.#newestUs - patienceUs);
    for (const messages of this.#followers.values()) {
      const stale = messages.findIndex(({ timeUs }) => timeUs >= oldestUs - toleranceUs);
      messages.splice(0, stale < 0 ? messages.length : stale);
    }
  }
}

/** Behind those of the same time, so that equal stamps keep their order of arrival. */
function insertByTime<Value>(messages: Timed<Value>[], message: Timed<Value>): void {
  let at = messages.length;
  while (at > 0 && messages[at - 1]!.timeUs > message.timeUs) at--;
  messages.splice(at, 0, message);
}

function nearestTo<Value>(
  messages: readonly Timed<Value>[],
  timeUs: number,
): Timed<Value> | undefined {
  let nearest: Timed<Value> | undefined;
  for (const message of messages) {
    const isNearer =
      nearest === undefined ||
      Math.abs(message.timeUs - timeUs) < Math.abs(nearest.timeUs - timeUs);
    if (isNearer) nearest = message;
  }
  return nearest;
}
