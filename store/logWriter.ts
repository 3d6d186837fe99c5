import { invariant } from "../src/core/errors.ts";
import type { Clock } from "../src/core/clock.ts";
import { decodePayload } from "../src/events/codec.ts";
import type { NewEvent, StoredEvent } from "../src/events/envelope.ts";
import type { BlobRef } from "../src/events/media.ts";
import type { AppendOptions, EventLog } from "../src/ports/eventLog.ts";
import type { EventStream, EventStreamOptions } from "../src/ports/eventStream.ts";
import { fromPortableError } from "../src/workers/serve.ts";
import { createWorkerPool } from "../src/workers/workerPool.ts";
import { openLog, type OpenLog, type OpenLogOptions } from "./openLog.ts";
import { ProducerNumbers } from "./producerNumbers.ts";
import { QueuedStream } from "./queuedStream.ts";
import { requireOneSession } from "./sessionEnds.ts";
import { requireLogTime } from "./tableLog.ts";
import { WireBatchWriter } from "./wireBatchWriter.ts";
import { wireEvent } from "./wireEvents.ts";
import type { WriteJob, WriteOutcome, WriteSetup } from "./writeJob.ts";
import {
  defaultGroupLimits,
  jobsAhead,
  requireLimits,
  WriteQueue,
  type GroupLimits,
  type WriteThread,
} from "./writeQueue.ts";

/** Of the thread's heap: what a group leaves behind fits in, and V8 would let it grow to six times that. */
const youngGenerationMb = 8;
/** Bytes of appends and blobs that may wait for the thread before callers do. */
const maxWaitingBytes = 64 * 1024 * 1024;

/** A log whose writing goes on in a thread of its own, so that this one stays free. */
export interface LogWriter extends OpenLog {
  /** A source of many small events, with a limit on those that wait and a policy beyond it. */
  stream(options: EventStreamOptions): EventStream;
  /**
   * Stores bytes without copying them: the buffer they lie in moves to the thread, and every view of
   * it is empty from this call on.
   */
  putTransferred(bytes: Uint8Array<ArrayBuffer>, mediaType: string): Promise<BlobRef>;
  /** Resolves when all that was handed over is stored. */
  flush(): Promise<void>;
}

export interface LogWriterOptions extends OpenLogOptions {
  readonly mode?: "create" | "existing";
  readonly group?: Partial<GroupLimits>;
  /** Where the writing is done; a thread of this process when left out. */
  readonly startThread?: (setup: WriteSetup) => WriteThread;
}

/**
 * Opens a log for writing from a thread of its own. Reading goes through a connection of the calling
 * thread, and sees an event once its append is acknowledged.
 *
 * Appends, blobs and stream events are stored in the order in which they were handed over. Those that
 * come while a commit is under way share the next one; an append is acknowledged when its commit is
 * as durable as `durability` says.
 *
 * @throws {DreamlogError} what `openLog` throws.
 */
export async function openLogWriter(options: LogWriterOptions): Promise<LogWriter> {
  const { path, clock, durability = "normal", mode = "create", startThread = inThread } = options;
  const { largeBlobs = "inside" } = options;
  const limits = requireLimits({ ...defaultGroupLimits, ...options.group });
  const thread = startThread({ path, durability, mode, largeBlobs });
  try {
    // The file is there and of the current format once the thread has answered.
    await thread.run({ producers: [], requests: [], isLast: false }, []);
    return assemble(thread, openLog({ path, clock, mode: "readonly" }), clock, limits);
  } catch (error) {
    await thread.close();
    throw error;
  }
}

function inThread(setup: WriteSetup): WriteThread {
  const pool = createWorkerPool<WriteJob, readonly WriteOutcome[]>({
    module: new URL("./writeThread.ts", import.meta.url),
    size: 1,
    setup,
    youngGenerationMb,
    jobsAhead,
  });
  return {
    run: (job, transfer) => pool.run(job, undefined, transfer),
    close: () => pool.close(),
  };
}

function assemble(
  thread: WriteThread,
  reader: OpenLog,
  clock: Clock,
  limits: GroupLimits,
): LogWriter {
  const producers = new ProducerNumbers();
  const queue = new WriteQueue(thread, producers, limits);
  const streams: EventStream[] = [];
  const notices = createNotices(reader);
  let closing: Promise<void> | undefined;

  const append = async (events: readonly NewEvent[], { logTimeUs, expectedSeq }: AppendOptions) => {
    if (events.length === 0) return [];
    if (logTimeUs !== undefined) requireLogTime(logTimeUs);
    requireOneSession(events, expectedSeq);
    const writer = new WireBatchWriter(producers);
    for (const event of events) writer.add(wireEvent(event, logTimeUs ?? clock.nowUs()));
    const batch = writer.finish();
    if (isFull(queue)) await roomIn(queue);
    const outcome = await queue.request(
      { kind: "append", events: batch, expectedSeq: expectedSeq ?? null },
      batch.payloads.length,
      [batch.payloads.buffer],
    );
    const stored = decodePayload(answer(outcome, "appended").bytes) as readonly StoredEvent[];
    notices.look();
    return stored;
  };
  const putTransferred = async (bytes: Uint8Array<ArrayBuffer>, mediaType: string) => {
    // Moved at once, so that nobody writes into them while they wait.
    const moved = structuredClone(bytes, { transfer: [bytes.buffer] });
    if (isFull(queue)) await roomIn(queue);
    const request = { kind: "blob", bytes: moved, mediaType } as const;
    return answer(await queue.request(request, moved.length, [moved.buffer]), "blob").ref;
  };
  const close = async () => {
    // Who offered what the log refused was told so by the stream; the others' events come first.
    for (const stream of streams) await stream.flush().catch(() => undefined);
    try {
      await queue.close();
    } finally {
      await reader.close();
    }
  };

  const log: EventLog = {
    ...reader.log,
    append: (events, appendOptions = {}) => append(events, appendOptions),
    onAppend: (listener) => notices.listen(listener),
    close: () => (closing ??= close()),
  };
  return {
    ...reader,
    log,
    blobs: {
      ...reader.blobs,
      put: (bytes, mediaType) => putTransferred(new Uint8Array(bytes), mediaType),
    },
    stream(streamOptions) {
      const stream = new QueuedStream(
        queue,
        (event) => wireEvent(event, clock.nowUs()),
        streamOptions,
      );
      streams.push(stream);
      return stream;
    },
    putTransferred,
    flush: () => queue.flush(),
    close: () => log.close(),
  };
}

function isFull(queue: WriteQueue): boolean {
  return queue.waitingBytes > maxWaitingBytes;
}

/** Callers wait here while too much waits in the queue. */
async function roomIn(queue: WriteQueue): Promise<void> {
  while (isFull(queue)) await queue.whenRested();
}

/** @throws what the request was refused with. */
function answer<Kind extends WriteOutcome["kind"]>(
  outcome: WriteOutcome,
  kind: Kind,
): WriteOutcome & { readonly kind: Kind } {
  if (outcome.kind === "failed") throw fromPortableError(outcome.error);
  invariant(isOfKind(outcome, kind), `a request is answered in kind, found ${outcome.kind}`);
  return outcome;
}

function isOfKind<Kind extends WriteOutcome["kind"]>(
  outcome: WriteOutcome,
  kind: Kind,
): outcome is WriteOutcome & { readonly kind: Kind } {
  return outcome.kind === kind;
}

/** Tells listeners of each growth of the log once, whether this thread heard of it or saw it. */
function createNotices({ log, tables }: OpenLog) {
  const listeners = new Map<symbol, () => void>();
  let seen = tables.lastPosition();
  const look = () => {
    const position = tables.lastPosition();
    if (position === seen) return;
    seen = position;
    for (const listener of [...listeners.values()]) listener();
  };
  return {
    look,
    listen(listener: () => void) {
      const subscription = Symbol("listener");
      listeners.set(subscription, listener);
      const stopWatching = log.onAppend(look);
      return () => {
        listeners.delete(subscription);
        stopWatching();
      };
    },
  };
}
