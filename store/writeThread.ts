import type { Transferable } from "node:worker_threads";
import { createSystemClock } from "../src/core/clock.ts";
import { invariant } from "../src/core/errors.ts";
import { encodePayload } from "../src/events/codec.ts";
import type { Producer } from "../src/events/envelope.ts";
import { toPortableError, type CreateHandler } from "../src/workers/serve.ts";
import { storeBlob } from "./blobTable.ts";
import { createEventReader } from "./eventReader.ts";
import { EventWriter } from "./eventWriter.ts";
import type { LogTables } from "./logTables.ts";
import { openLog } from "./openLog.ts";
import { splitEvents, type WireBatch } from "./wireEvents.ts";
import type { WriteJob, WriteOutcome, WriteRequest, WriteSetup } from "./writeJob.ts";

/** Runs in the writing thread: owns the file's connection and commits one job at a time. */
export const createHandler: CreateHandler<WriteSetup, WriteJob, readonly WriteOutcome[]> = (
  setup,
) => {
  // Log times come with the events; the clock of this thread stamps nothing.
  const open = openLog({ ...setup, clock: createSystemClock() });
  const { tables } = open;
  const requests = new RequestWriter(tables);
  return Promise.resolve(async (job: WriteJob) => {
    requests.learn(job.producers);
    const result = requests.commit(job.requests);
    if (job.isLast) await open.close();
    const transfer: Transferable[] = result.flatMap((outcome) =>
      outcome.kind === "appended" ? [outcome.bytes.buffer] : [],
    );
    return { result, transfer };
  });
};

class RequestWriter {
  readonly #tables: LogTables;
  readonly #writer: EventWriter;
  readonly #producers: Producer[] = [];

  constructor(tables: LogTables) {
    this.#tables = tables;
    this.#writer = new EventWriter(tables, createEventReader(tables));
  }

  learn(producers: readonly Producer[]): void {
    this.#producers.push(...producers);
  }

  /** Group commit: all requests in one transaction, each in a savepoint of its own. */
  commit(requests: readonly WriteRequest[]): readonly WriteOutcome[] {
    try {
      return this.#tables.transaction(() => requests.map((request) => this.#attempt(request)));
    } catch (error) {
      // The commit itself failed, so nothing of the job is stored, whatever its requests were told.
      this.#writer.forget();
      return requests.map(() => ({ kind: "failed", error: toPortableError(error) }));
    }
  }

  #attempt(request: WriteRequest): WriteOutcome {
    try {
      switch (request.kind) {
        case "append": {
          const { events, expectedSeq } = request;
          const stored = this.#append(events, expectedSeq === null ? {} : { expectedSeq });
          return { kind: "appended", bytes: new Uint8Array(encodePayload(stored)) };
        }
        case "stream":
          return { kind: "streamed", refused: this.#appendStream(request.events) };
        case "blob":
          return {
            kind: "blob",
            ref: storeBlob(this.#tables, request.bytes, request.mediaType),
          };
      }
    } catch (error) {
      return { kind: "failed", error: toPortableError(error) };
    }
  }

  #append(batch: WireBatch, { expectedSeq }: { readonly expectedSeq?: number }) {
    const events = splitEvents(batch, this.#producers);
    let at = 0;
    return this.#writer.append(events, {
      logTimeUs: () => batch.logTimesUs[at++]!,
      ...(expectedSeq === undefined ? {} : { expectedSeq }),
    });
  }

  /** All events at once; where one is refused, one after the other, so that the rest is stored. */
  #appendStream(batch: WireBatch): (WriteOutcome & { readonly kind: "streamed" })["refused"] {
    try {
      this.#append(batch, {});
      return [];
    } catch {
      const refused: { readonly at: number; readonly error: ReturnType<typeof toPortableError> }[] =
        [];
      for (const [at, event] of splitEvents(batch, this.#producers).entries()) {
        const logTimeUs = batch.logTimesUs[at];
        invariant(logTimeUs !== undefined, "every event has a log time");
        try {
          this.#writer.append([event], { logTimeUs: () => logTimeUs });
        } catch (error) {
          refused.push({ at, error: toPortableError(error) });
        }
      }
      return refused;
    }
  }
}
