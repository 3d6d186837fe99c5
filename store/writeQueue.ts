import type { Transferable } from "node:worker_threads";
import { DreamlogError } from "../src/core/errors.ts";
import { toPortableError } from "../src/workers/serve.ts";
import type { WireEncoder, WireEvent } from "./wireEvents.ts";
import type { WriteJob, WriteOutcome, WriteRequest } from "./writeJob.ts";

/** Where jobs are carried out, one at a time: a thread, or this one in a test. */
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

type Settle = (outcome: WriteOutcome) => void;

interface StreamBatch {
  readonly kind: "batch";
  readonly events: WireEvent[];
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
  readonly #encoder: WireEncoder;
  readonly #limits: GroupLimits;
  #waiting: (StreamBatch | Single)[] = [];
  #waitingEvents = 0;
  #waitingBytes = 0;
  #isUrgent = false;
  #isBusy = false;
  #timer: NodeJS.Timeout | undefined;
  #idleListeners: (() => void)[] = [];

  constructor(thread: WriteThread, encoder: WireEncoder, limits: GroupLimits) {
    this.#thread = thread;
    this.#encoder = encoder;
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
    const last = this.#waiting.at(-1);
    if (last?.kind === "batch") {
      last.events.push(event);
      last.settle.push(settle);
    } else {
      this.#waiting.push({ kind: "batch", events: [event], settle: [settle] });
    }
    this.#waitingEvents += 1;
    this.#waitingBytes += event.bytes.length;
    this.#timer ??= setTimeout(() => this.#hurry(), this.#limits.maxAgeMs);
    this.#pump();
  }

  /** Resolves when nothing waits and nothing is under way. */
  async flush(): Promise<void> {
    this.#hurry();
    while (this.#isBusy || this.#waiting.length > 0) await this.whenRested();
  }

  /** Resolves when the job under way is done. */
  whenRested(): Promise<void> {
    return new Promise((resolve) => this.#idleListeners.push(resolve));
  }

  /** Writes what waits, and has the thread close the file. */
  async close(): Promise<void> {
    await this.flush();
    this.#isBusy = true;
    await this.#thread.run({ producers: [], requests: [], isLast: true }, []);
    await this.#thread.close();
  }

  #hurry(): void {
    this.#isUrgent = true;
    this.#pump();
  }

  #pump(): void {
    const { maxEvents, maxBytes } = this.#limits;
    const isDue =
      this.#isUrgent || this.#waitingEvents >= maxEvents || this.#waitingBytes >= maxBytes;
    if (this.#isBusy || !isDue || this.#waiting.length === 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const group = this.#waiting;
    this.#waiting = [];
    this.#waitingEvents = 0;
    this.#waitingBytes = 0;
    this.#isUrgent = false;
    this.#isBusy = true;
    void this.#carryOut(group);
  }

  async #carryOut(group: readonly (StreamBatch | Single)[]): Promise<void> {
    const outcomes = await this.#run(group);
    this.#isBusy = false;
    // The thread goes on while those that waited are told.
    this.#pump();
    for (const [at, item] of group.entries()) settleItem(item, outcomes[at]!);
    for (const listener of this.#idleListeners.splice(0)) listener();
  }

  async #run(group: readonly (StreamBatch | Single)[]): Promise<readonly WriteOutcome[]> {
    const requests = group.map((item): WriteRequest =>
      item.kind === "single"
        ? item.request
        : { kind: "stream", events: this.#encoder.join(item.events) },
    );
    const transfer = requests.flatMap((request, at): readonly Transferable[] => {
      const item = group[at]!;
      if (item.kind === "single") return item.transfer;
      return request.kind === "stream" ? [request.events.payloads.buffer] : [];
    });
    try {
      const producers = this.#encoder.takeProducers();
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
