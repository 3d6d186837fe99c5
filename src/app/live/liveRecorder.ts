import { ManualClock, type Clock } from "../../core/clock.ts";
import type { Producer, SessionId, StoredEvent } from "../../events/envelope.ts";
import type { EventDefinition, PayloadOf } from "../../events/eventDefinition.ts";
import { createMediaShelf, type MediaShelf } from "../../media/mediaShelf.ts";
import type { OpenLog } from "../../../store/openLog.ts";
import { cellProducer, labellerProducer } from "../producers.ts";
import { SessionRecorder } from "../sessionRecorder.ts";
import { keepingOriginals } from "./livePicture.ts";
import { operatorProducer } from "./livePrompts.ts";
import { liveCellProducer } from "./logSink.ts";

/** A recorder on real time: every event gets the time at which it is written. */
export class LiveRecorder extends SessionRecorder {
  override readonly media: MediaShelf;
  readonly #wallClock: Clock;
  readonly #startLabeller: Producer;

  /** @param startLabeller - says where the object is in the picture that the session starts with. */
  constructor(
    open: Pick<OpenLog, "log" | "blobs">,
    session: SessionId,
    wallClock: Clock,
    startLabeller = operatorProducer,
  ) {
    const { log, blobs } = open;
    super({ log, blobs, session, clock: new ManualClock(wallClock.nowUs()) });
    this.media = keepingOriginals(createMediaShelf(blobs), blobs);
    this.#wallClock = wallClock;
    this.#startLabeller = startLabeller;
  }

  /** Facts that the shared stages ascribe to the simulated cell come from a real one here. */
  override fact<Definition extends EventDefinition>(
    name: string,
    definition: Definition,
    payload: PayloadOf<Definition>,
    options: Parameters<SessionRecorder["fact"]>[3],
  ): Promise<StoredEvent<PayloadOf<Definition>>> {
    this.advanceToUs(this.#wallClock.nowUs());
    return super.fact(name, definition, payload, {
      ...options,
      producer: this.#handsOf(name, options.producer),
    });
  }

  #handsOf(name: string, producer: Producer): Producer {
    if (producer === cellProducer) return liveCellProducer;
    if (producer !== labellerProducer) return producer;
    return name === "start/box" ? this.#startLabeller : operatorProducer;
  }
}
