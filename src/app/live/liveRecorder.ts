import { ManualClock, type Clock } from "../../core/clock.ts";
import type { SessionId, StoredEvent } from "../../events/envelope.ts";
import type { EventDefinition, PayloadOf } from "../../events/eventDefinition.ts";
import { createMediaShelf, type MediaShelf } from "../../media/mediaShelf.ts";
import type { OpenLog } from "../../../store/openLog.ts";
import { cellProducer, exactProducer, labellerProducer } from "../producers.ts";
import { SessionRecorder } from "../sessionRecorder.ts";
import { keepingOriginals } from "./livePicture.ts";
import { liveCellProducer } from "./logSink.ts";

/** Boxes of live scenes are drawn by the operator. */
const operatorProducer = exactProducer("label.operator", 1);

/** A recorder on real time: every event gets the time at which it is written. */
export class LiveRecorder extends SessionRecorder {
  override readonly media: MediaShelf;
  readonly #wallClock: Clock;

  constructor(open: Pick<OpenLog, "log" | "blobs">, session: SessionId, wallClock: Clock) {
    const { log, blobs } = open;
    super({ log, blobs, session, clock: new ManualClock(wallClock.nowUs()) });
    this.media = keepingOriginals(createMediaShelf(blobs), blobs);
    this.#wallClock = wallClock;
  }

  /** Facts that the shared stages ascribe to the simulated cell come from a real one here. */
  override fact<Definition extends EventDefinition>(
    name: string,
    definition: Definition,
    payload: PayloadOf<Definition>,
    options: Parameters<SessionRecorder["fact"]>[3],
  ): Promise<StoredEvent<PayloadOf<Definition>>> {
    this.advanceToUs(this.#wallClock.nowUs());
    const { producer } = options;
    const hands =
      producer === cellProducer
        ? liveCellProducer
        : producer === labellerProducer
          ? operatorProducer
          : producer;
    return super.fact(name, definition, payload, { ...options, producer: hands });
  }
}
