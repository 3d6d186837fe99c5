import type { Transferable } from "node:worker_threads";
import { DreamlogError } from "../src/core/errors.ts";
import { toPortableError } from "../src/workers/serve.ts";
import type { ProducerNumbers } from "./producerNumbers.ts";
import { WireBatchWriter } from "./wireBatchWriter.ts";
import type { WireEvent } from "./wireEvents.ts";
import type { WriteJob, WriteOutcome, WriteRequest } from "./writeJob.ts";

/** Where jobs are carried out, one after the other: a thread, or this one in a test. */
export interface WriteThread {
  run(job: WriteJob, transfer: readonly Transferable[]): Promise<readonly WriteOutcome[]>;
  close(): Promise<void>;
}

/** When a group is committed, whichever comes first; a group never waits for another's sake. */
export interface GroupLimits {
  /** Events of streams. Default 1000. */
  readonly maxEvents: number;
  /** Of events and blobs together. Default 16 MiB. */
  readonly maxBytes: number;
  /** What the first event of a stream waits for others to share its commit. Default 5 ms. */
  readonly maxAgeMs: number;
}

export const defaultGroupLimits: GroupLimits = {
  maxEvents: 1000,
  maxBytes: 16 * 1024 * 1024,
  maxAgeMs: 5,
};

/** Jobs that the thread is handed besides the one it works on. */
export const jobsAhead = 1;

type Settle = (outcome: WriteOutcome) => void;

interface StreamBatch {
  readonly kind: "batch";
  readonly events: WireBatchWriter;
  readonly settle: Settle[];
}

interface Single {
  readonly kind: "single";
  readonly request: WriteRequest;
  readonly transfer: readonly Transferable[];
  readonly settle: Settle;
  readonly bytes: number;
}

const streamed: WriteOutcome = { kind: "streamed", refused: [] };

/** Collects what is to be written while the thread is at work, and hands it over as one job. */
export class WriteQueue {
  readonly #thread: WriteThread;
  readonly #producers: ProducerNumbers;
  readonly #limits: GroupLimits;
  #waiting: (StreamBatch | Single)[] = [];
  #waitingEvents = 0;
  #waitingBytes = 0;
  #isUrgent = false;
  #jobsUnderWay = 0;
  #timer: NodeJS.Timeout | undefined;
  #idleListeners: (() => void)[] = [];

  constructor(thread: WriteThread, producers: ProducerNumbers, limits: GroupLimits) {
    this.#thread = thread;
    this.#producers = producers;
    this.#limits = limits;
  }

  /** Bytes that wait, without those under way. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Writes as soon as the thread is free. */
  request(
    request: WriteRequest,
    bytes: number,
    transfer: readonly Transferable[],
  ): Promise<WriteOutcome> {
    return new Promise((settle) => {
      this.#waiting.push({ kind: "single", request, transfer, settle, bytes });
      this.#waitingBytes += bytes;
      this.#isUrgent = true;
      this.#pump();
    });
  }

  /** Writes together with the events that come within the group's limits. */
  stream(event: WireEvent, settle: Settle): void {
    const batch = this.#openBatch();
    batch.events.add(event);
    batch.settle.push(settle);
    this.#waitingEvents += 1;
    this.#waitingBytes += event.bytes.length;
    this.#timer ??= setTimeout(() => this.#hurry(), this.#limits.maxAgeMs);
    this.#pump();
  }

  /** Resolves when nothing waits and nothing is under way. */
  async flush(): Promise<void> {
    this.#hurry();
    while (this.#jobsUnderWay > 0 || this.#waiting.length > 0) await this.whenRested();
  }

  /** Resolves when the next job under way is done. */
  whenRested(): Promise<void> {
    return new Promise((resolve) => this.#idleListeners.push(resolve));
  }

  /** Writes what waits, and has the thread close the file. */
  async close(): Promise<void> {
    await this.flush();
    await this.#thread.run({ producers: [], requests: [], isLast: true }, []);
    await this.#thread.close();
  }

  /** The batch that waits last, where nothing came behind it. */
  #openBatch(): StreamBatch {
    const last = this.#waiting.at(-1);
    if (last?.kind === "batch") return last;
    const events = new WireBatchWriter(this.#producers);
    const batch: StreamBatch = { kind: "batch", events, settle: [] };
    this.#waiting.push(batch);
    return batch;
  }

  #hurry(): void {
    this.#isUrgent = true;
    this.#pump();
  }

  /**
   * A full group of events goes to the thread while it is at work, which then goes on without waiting
   * for this one; anything else goes when the thread rests, with all that came meanwhile.
   */
  #isDue(): boolean {
    const { maxEvents, maxBytes } = this.#limits;
    const isFull = this.#waitingEvents >= maxEvents;
    if (this.#jobsUnderWay > 0) return isFull && this.#jobsUnderWay <= jobsAhead;
    return isFull || this.#isUrgent || this.#waitingBytes >= maxBytes;
  }

  #pump(): void {
    if (this.#waiting.length === 0 || !this.#isDue()) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const group = this.#waiting;
    this.#waiting = [];
    this.#waitingEvents = 0;
    this.#waitingBytes = 0;
    this.#isUrgent = false;
    this.#jobsUnderWay += 1;
    void this.#carryOut(group);
  }

  async #carryOut(group: readonly (StreamBatch | Single)[]): Promise<void> {
    const outcomes = await this.#run(group);
    this.#jobsUnderWay -= 1;
    // The thread goes on while those that waited are told.
    this.#pump();
    for (const [at, item] of group.entries()) settleItem(item, outcomes[at]!);
    for (const listener of this.#idleListeners.splice(0)) listener();
  }

  async #run(group: readonly (StreamBatch | Single)[]): Promise<readonly WriteOutcome[]> {
    const requests = group.map((item): WriteRequest =>
      item.kind === "single" ? item.request : { kind: "stream", events: item.events.finish() },
    );
    const transfer = requests.flatMap((request, at): readonly Transferable[] => {
      const item = group[at]!;
      if (item.kind === "single") return item.transfer;
      return request.kind === "stream" ? [request.events.payloads.buffer] : [];
    });
    try {
      const producers = this.#producers.takeUntold();
      return await this.#thread.run({ producers, requests, isLast: false }, transfer);
    } catch (error) {
      // The thread is gone, or never came to be: nothing of the group is known to be stored.
      return group.map(() => ({ kind: "failed", error: toPortableError(error) }));
    }
  }
}

function settleItem(item: StreamBatch | Single, outcome: WriteOutcome): void {
  if (item.kind === "single") {
    item.settle(outcome);
    return;
  }
  const refused = new Map(
    outcome.kind === "streamed" ? outcome.refused.map(({ at, error }) => [at, error]) : [],
  );
  for (const [at, settle] of item.settle.entries()) {
    const error = outcome.kind === "failed" ? outcome.error : refused.get(at);
    settle(error === undefined ? streamed : { kind: "failed", error });
  }
}

/** @throws {DreamlogError} `ARGUMENT_INVALID` for limits that hold nothing. */
export function requireLimits(limits: GroupLimits): GroupLimits {
  const { maxEvents, maxBytes, maxAgeMs } = limits;
  if (maxEvents >= 1 && maxBytes >= 1 && maxAgeMs >= 0) return limits;
  throw new DreamlogError(
    "ARGUMENT_INVALID",
    `expected group limits of at least one event and one byte, found ${maxEvents} events, ${maxBytes} bytes, ${maxAgeMs} ms`,
    { ...limits },
  );
}
