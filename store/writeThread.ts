import type { Transferable } from "node:worker_threads";
import { createSystemClock } from "../src/core/clock.ts";
import { invariant, isDreamlogError, type ErrorCode } from "../src/core/errors.ts";
import { encodePayload } from "../src/events/codec.ts";
import type { Producer, StoredEvent } from "../src/events/envelope.ts";
import { toPortableError, type CreateHandler, type PortableError } from "../src/workers/serve.ts";
import { createEventReader } from "./eventReader.ts";
import { EventWriter, type KeepStored } from "./eventWriter.ts";
import type { LogTables } from "./logTables.ts";
import { largeBlobBytes, openLog, type OpenLog } from "./openLog.ts";
import type { Segments } from "./segments.ts";
import { translateSqliteError } from "./sqliteErrors.ts";
import { stageBlobs, storeStaged, type StagedBlob } from "./stagedBlobs.ts";
import { receivedEvents, type WireBatch } from "./wireEvents.ts";
import type { WriteJob, WriteOutcome, WriteRequest, WriteSetup } from "./writeJob.ts";

/** Failures of the file, after which SQLite may have rolled the whole transaction back by itself. */
const fileFailures: readonly ErrorCode[] = ["DISK_FULL", "LOG_BUSY", "LOG_CORRUPT", "LOG_READONLY"];

/** Runs in the writing thread: owns the file's connection and commits one job at a time. */
export const createHandler: CreateHandler<WriteSetup, WriteJob, readonly WriteOutcome[]> = (
  setup,
) => {
  // Log times come with the events; the clock of this thread stamps nothing.
  const open = openLog({ ...setup, clock: createSystemClock() });
  const requests = new RequestWriter(open, setup);
  return Promise.resolve(async (job: WriteJob) => {
    requests.learn(job.producers);
    const result = await requests.carryOut(job.requests);
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
  readonly #path: string;
  readonly #segments: Segments;
  readonly #minPlacedBytes: number;

  constructor({ path, tables, segments }: OpenLog, { largeBlobs }: WriteSetup) {
    this.#path = path;
    this.#tables = tables;
    this.#writer = new EventWriter(tables, createEventReader(tables));
    this.#segments = segments;
    this.#minPlacedBytes = largeBlobs === "beside" ? largeBlobBytes : Infinity;
  }

  learn(producers: readonly Producer[]): void {
    this.#producers.push(...producers);
  }

  /** Group commit: all requests in one transaction, each in a savepoint of its own. */
  async carryOut(requests: readonly WriteRequest[]): Promise<readonly WriteOutcome[]> {
    try {
      const blobs = requests.filter((request) => request.kind === "blob");
      const staged = await stageBlobs(blobs, {
        tables: this.#tables,
        segments: this.#segments,
        minPlacedBytes: this.#minPlacedBytes,
      });
      const byRequest = new Map<WriteRequest, StagedBlob>(
        blobs.map((request, at) => [request, staged[at]!]),
      );
      return this.#tables.transaction(() =>
        requests.map((request) => this.#attempt(request, byRequest.get(request))),
      );
    } catch (error) {
      // A segment or the commit itself failed: nothing of the job is stored, whatever was answered.
      this.#writer.forget();
      const failure = toPortableError(translateSqliteError(error, this.#path));
      return requests.map(() => ({ kind: "failed", error: failure }));
    }
  }

  /** @param blob - of a request for one. */
  #attempt(request: WriteRequest, blob: StagedBlob | undefined): WriteOutcome {
    try {
      switch (request.kind) {
        case "append": {
          const { events, expectedSeq } = request;
          const stored: StoredEvent[] = [];
          const terms = expectedSeq === null ? {} : { expectedSeq };
          this.#append(events, terms, (event) => void stored.push(event));
          return { kind: "appended", bytes: new Uint8Array(encodePayload(stored)) };
        }
        case "stream":
          return { kind: "streamed", refused: this.#appendStream(request.events) };
        case "blob":
          invariant(blob !== undefined, "a blob is staged before it is stored");
          return { kind: "blob", ref: storeStaged(this.#tables, blob) };
      }
    } catch (error) {
      return { kind: "failed", error: refusalOf(error) };
    }
  }

  #append(batch: WireBatch, terms: { readonly expectedSeq?: number }, keep?: KeepStored): void {
    const { count, at } = receivedEvents(batch, this.#producers);
    let stamped = 0;
    const logTimeUs = () => batch.logTimesUs[stamped++]!;
    this.#writer.append(count, at, { logTimeUs, ...terms }, keep);
  }

  /** All events at once; where one is refused, one after the other, so that the rest is stored. */
  #appendStream(batch: WireBatch): (WriteOutcome & { readonly kind: "streamed" })["refused"] {
    try {
      this.#append(batch, {});
      return [];
    } catch (wholeError) {
      refusalOf(wholeError);
      const refused: { readonly at: number; readonly error: PortableError }[] = [];
      const events = receivedEvents(batch, this.#producers);
      for (let at = 0; at < events.count; at++) {
        try {
          this.#writer.append(1, () => events.at(at), { logTimeUs: () => batch.logTimesUs[at]! });
        } catch (error) {
          refused.push({ at, error: refusalOf(error) });
        }
      }
      return refused;
    }
  }
}

/**
 * A request that breaks a rule of the log fails alone.
 *
 * @throws the error itself when it is no such refusal, so that the whole job fails: what its other
 *   requests were answered would not be true.
 */
function refusalOf(error: unknown): PortableError {
  if (isDreamlogError(error) && !fileFailures.includes(error.code)) return toPortableError(error);
  throw error;
}
