import type { ManualClock } from "../core/clock.ts";
import type { Producer, SessionId, StoredEvent } from "../events/envelope.ts";
import type { EventDefinition, PayloadOf } from "../events/eventDefinition.ts";
import { derivationReused } from "../events/session.ts";
import { createMediaShelf, type MediaShelf } from "../media/mediaShelf.ts";
import type { BlobStore } from "../ports/blobStore.ts";
import type { EventLog } from "../ports/eventLog.ts";
import { exactProducer } from "./producers.ts";
import { derive, deriveBatch, record } from "../../streams/derive.ts";

type Payload<Definition> = PayloadOf<Definition>;

const recorderProducer = exactProducer("app.sessionRecorder", 1);

/**
 * Writes one session: facts and derivations under ids made from the session's own name and a name
 * for each event. The same session written again appends nothing and answers everything from the
 * log, which is how a stage resumes.
 *
 * Times come from the session's own clock, so that the same seed gives the same bytes.
 */
export class SessionRecorder {
  readonly log: EventLog;
  readonly blobs: BlobStore;
  /** Pictures and clips of this session, the latest at hand. */
  readonly media: MediaShelf;
  readonly session: SessionId;
  readonly #clock: ManualClock;

  constructor(options: {
    readonly log: EventLog;
    readonly blobs: BlobStore;
    readonly session: SessionId;
    readonly clock: ManualClock;
  }) {
    this.log = options.log;
    this.blobs = options.blobs;
    this.media = createMediaShelf(options.blobs);
    this.session = options.session;
    this.#clock = options.clock;
  }

  nowUs(): number {
    return this.#clock.nowUs();
  }

  /** Moves the session's clock on; never back. */
  advanceToUs(timeUs: number): void {
    this.#clock.advanceUs(Math.max(0, timeUs - this.#clock.nowUs()));
  }

  /** Appends something that came from outside, unless it is there already. */
  fact<Definition extends EventDefinition>(
    name: string,
    definition: Definition,
    payload: Payload<Definition>,
    options: { readonly producer: Producer; readonly causes?: readonly StoredEvent[] },
  ): Promise<StoredEvent<Payload<Definition>>> {
    const nowUs = this.#clock.nowUs();
    return record(this.log, {
      definition,
      id: this.#idOf(name),
      session: this.session,
      causes: options.causes ?? [],
      producer: options.producer,
      sourceTimeUs: nowUs,
      logTimeUs: nowUs,
      payload,
    });
  }

  /** Answers a derivation from the log, or computes and appends it. */
  async derived<Definition extends EventDefinition>(
    name: string,
    definition: Definition,
    options: {
      readonly producer: Producer;
      readonly causes: readonly StoredEvent[];
      readonly seed?: string;
    },
    compute: () => Promise<Payload<Definition>> | Payload<Definition>,
  ): Promise<StoredEvent<Payload<Definition>>> {
    const nowUs = this.#clock.nowUs();
    const { event } = await derive(
      this.log,
      {
        definition,
        id: this.#idOf(name),
        session: this.session,
        causes: options.causes,
        producer: options.producer,
        seed: options.seed ?? null,
        sourceTimeUs: nowUs,
        logTimeUs: nowUs,
      },
      compute,
    );
    await this.#linkReused(name, event);
    return event;
  }

  /**
   * Many derivations of one kind: those that the log lacks are computed together by `compute`, which
   * gets their indices and answers in that order, and appended in order.
   */
  async derivedBatch<Definition extends EventDefinition>(
    definition: Definition,
    steps: readonly {
      readonly name: string;
      readonly producer: Producer;
      readonly causes: readonly StoredEvent[];
      readonly seed?: string;
    }[],
    compute: (missing: readonly number[]) => Promise<readonly Payload<Definition>[]>,
  ): Promise<readonly StoredEvent<Payload<Definition>>[]> {
    const nowUs = this.#clock.nowUs();
    const events = await deriveBatch(
      this.log,
      steps.map((step) => ({
        definition,
        id: this.#idOf(step.name),
        session: this.session,
        causes: step.causes,
        producer: step.producer,
        seed: step.seed ?? null,
        sourceTimeUs: nowUs,
        logTimeUs: nowUs,
      })),
      compute,
    );
    for (const [at, event] of events.entries()) await this.#linkReused(steps[at]!.name, event);
    return events;
  }

  /** A reader of this session finds what another session computed by the role it has here. */
  async #linkReused(role: string, event: StoredEvent): Promise<void> {
    if (event.id === this.#idOf(role)) return;
    await this.fact(
      `reused/${role}`,
      derivationReused,
      { role },
      { producer: recorderProducer, causes: [event] },
    );
  }

  #idOf(name: string): string {
    return `${this.session}#${name}`;
  }
}
