import { DreamlogError } from "../src/core/errors.ts";
import type { NewEvent, Producer } from "../src/events/envelope.ts";
import { streamDropped } from "../src/events/stream.ts";
import type {
  EventStream,
  EventStreamCounts,
  EventStreamOptions,
} from "../src/ports/eventStream.ts";
import { fromPortableError } from "../src/workers/serve.ts";
import type { WireEvent } from "./wireEvents.ts";
import type { WriteOutcome } from "./writeJob.ts";
import type { WriteQueue } from "./writeQueue.ts";

const defaultMaxWaiting = 4096;

const producer: Producer = {
  component: "store.logWriter",
  version: 1,
  config: {},
  model: null,
  fingerprint: null,
};

/** Events that were left out since the last record of such. */
interface Gap {
  readonly first: NewEvent;
  last: NewEvent;
  count: number;
}

/** A stream over the write queue; its policy decides once `maxWaiting` of its events wait there. */
export class QueuedStream implements EventStream {
  readonly #queue: Pick<WriteQueue, "stream" | "flush">;
  readonly #prepare: (event: NewEvent) => WireEvent;
  readonly #options: Required<EventStreamOptions>;
  #waiting = 0;
  #offered = 0;
  #acknowledged = 0;
  #dropped = 0;
  #gap: Gap | undefined;
  #failure: Error | undefined;
  #roomListeners: (() => void)[] = [];

  constructor(
    queue: Pick<WriteQueue, "stream" | "flush">,
    prepare: (event: NewEvent) => WireEvent,
    options: EventStreamOptions,
  ) {
    this.#queue = queue;
    this.#prepare = prepare;
    this.#options = { maxWaiting: defaultMaxWaiting, ...options };
  }

  offer(event: NewEvent): Promise<boolean> {
    return new Promise((resolve) => resolve(this.#offer(event)));
  }

  async flush(): Promise<void> {
    this.#recordGap();
    await this.#queue.flush();
    if (this.#failure !== undefined) throw this.#failure;
  }

  counts(): EventStreamCounts {
    return { offered: this.#offered, acknowledged: this.#acknowledged, dropped: this.#dropped };
  }

  #offer(event: NewEvent): boolean | Promise<boolean> {
    const { session, policy, maxWaiting } = this.#options;
    if (this.#failure !== undefined) throw this.#failure;
    if (event.session !== session) {
      throw new DreamlogError(
        "EVENT_INVALID",
        `expected events of session ${session} in its stream ${this.#options.name}, found one of ${event.session}`,
        { id: event.id, expected: session, found: event.session },
      );
    }
    // Before anything is awaited: the caller may use its buffers again.
    const prepared = this.#prepare(event);
    this.#offered += 1;
    if (this.#waiting < maxWaiting) return this.#take(prepared);
    if (policy === "drop") return this.#leaveOut(event);
    return this.#room().then(() => this.#take(prepared));
  }

  #take(prepared: WireEvent): true {
    this.#waiting += 1;
    this.#queue.stream(prepared, (outcome) => {
      if (outcome.kind !== "failed") this.#acknowledged += 1;
      this.#settle(outcome);
    });
    return true;
  }

  #leaveOut(event: NewEvent): false {
    this.#dropped += 1;
    if (this.#gap === undefined) this.#gap = { first: event, last: event, count: 1 };
    else {
      this.#gap.last = event;
      this.#gap.count += 1;
    }
    return false;
  }

  #settle(outcome: WriteOutcome): void {
    this.#waiting -= 1;
    if (outcome.kind === "failed") this.#failure ??= fromPortableError(outcome.error);
    this.#recordGap();
    this.#roomListeners.shift()?.();
  }

  /** Goes into the queue whatever waits there: one record stands for all that was left out. */
  #recordGap(): void {
    const gap = this.#gap;
    if (gap === undefined) return;
    this.#gap = undefined;
    this.#waiting += 1;
    const record: NewEvent = {
      // The first event left out has an id that nothing else has.
      id: `${gap.first.id}/dropped`,
      session: this.#options.session,
      type: streamDropped.type,
      version: streamDropped.version,
      kind: streamDropped.kind,
      sourceTimeUs: gap.last.sourceTimeUs,
      causes: [],
      producer,
      seed: null,
      key: null,
      payload: {
        stream: this.#options.name,
        count: gap.count,
        firstSourceTimeUs: gap.first.sourceTimeUs,
        lastSourceTimeUs: gap.last.sourceTimeUs,
      },
    };
    this.#queue.stream(this.#prepare(record), (outcome) => this.#settle(outcome));
  }

  #room(): Promise<void> {
    return new Promise((resolve) => this.#roomListeners.push(resolve));
  }
}
