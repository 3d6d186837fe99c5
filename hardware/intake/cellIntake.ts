import { invariant, isDreamlogError } from "../../src/core/errors.ts";
import { canonicalJson } from "../../src/events/envelope.ts";
import {
  clockOffsetEstimated,
  gapFound,
  imageReceived,
  jointStatesReceived,
  linkChanged,
  messageReceived,
  messagesLate,
  rawMessageReceived,
} from "../../src/events/hardware.ts";
import type { BlobRef } from "../../src/events/media.ts";
import type { LinkEvent } from "../link/cellLink.ts";
import { malformed } from "../link/reconnectingSocket.ts";
import { readMessage } from "../messages/readMessage.ts";
import type { ImageReading, Reading } from "../messages/reading.ts";
import type { CellStream } from "./cellStreams.ts";
import type { LiveSink } from "./liveSink.ts";
import { Rejections } from "./rejections.ts";
import { StateBatch } from "./stateBatch.ts";
import { StreamClock, type TimingFindings } from "./streamClock.ts";

/** A message that was understood, for whoever acts on it; recording it is under way. */
export interface LiveReading {
  readonly stream: CellStream;
  readonly reading: Reading;
  readonly receivedUs: number;
}

/** What came over one stream so far. */
export interface StreamTally {
  readonly name: string;
  readonly messages: number;
  readonly bytes: number;
  readonly missing: number;
  readonly late: number;
}

/** When a message was made and when it came, and how long it was. */
interface Arrival {
  readonly stampUs: number;
  readonly receivedUs: number;
  readonly lengthBytes: number;
}

interface Watched {
  readonly stream: CellStream;
  readonly clock: StreamClock;
  readonly batch: StateBatch | null;
  messages: number;
  bytes: number;
  missing: number;
  late: number;
}

const mediaTypes = {
  jpeg: "image/jpeg",
  png: "image/png",
  rgb8: "application/x-rgb24",
  bgr8: "application/x-bgr24",
  mono8: "application/x-gray8",
  "16UC1": "application/x-depth16le",
} as const;

/** Turns what a link hears into events: every message, and every gap, delay and refusal. */
export class CellIntake {
  readonly #sink: LiveSink;
  readonly #rejections: Rejections;
  readonly #byTopic = new Map<string, Watched>();
  readonly #onReading: (live: LiveReading) => void;
  readonly #pending = new Set<Promise<void>>();
  #failure: Error | undefined;

  /** @param options.onReading - called for every message that was understood, in order of arrival. */
  constructor(options: {
    readonly streams: readonly CellStream[];
    readonly sink: LiveSink;
    readonly onReading: (live: LiveReading) => void;
  }) {
    this.#sink = options.sink;
    this.#rejections = new Rejections(options.sink);
    this.#onReading = options.onReading;
    for (const stream of options.streams) this.watch(stream);
  }

  /** Takes messages of another topic from now on. */
  watch(stream: CellStream): void {
    this.#byTopic.set(stream.topic, watched(stream));
  }

  get rejectedCount(): number {
    return this.#rejections.total;
  }

  /** Why the last message that was rejected was; null while none was. */
  get lastRejection(): string | null {
    return this.#rejections.last?.message ?? null;
  }

  tallies(): readonly StreamTally[] {
    return [...this.#byTopic.values()].map(({ stream, messages, bytes, missing, late }) => ({
      name: stream.name,
      messages,
      bytes,
      missing,
      late,
    }));
  }

  /** Keeps a message of an encoding that is not read here. */
  keepRaw(
    message: {
      readonly topic: string;
      readonly rosType: string;
      readonly receivedUs: number;
      readonly bytes: Uint8Array;
    },
    mediaType = "application/octet-stream",
  ): void {
    const { topic, rosType, receivedUs, bytes } = message;
    const stream = this.#byTopic.get(topic)?.stream.name ?? topic;
    this.#store(bytes, mediaType, (ref) => {
      const payload = { stream, rosType, receiveTimeUs: receivedUs, bytes: ref };
      this.#sink.record(stream, rawMessageReceived, payload, receivedUs);
    });
  }

  /** Counts and times a message of a watched topic that somebody else records. */
  note(topic: string, arrival: Arrival): void {
    const watched = this.#byTopic.get(topic);
    invariant(watched !== undefined, `${topic} is watched`);
    this.#count(watched, arrival);
  }

  /** Resolves when the pictures that came so far are stored. */
  async whenStored(): Promise<void> {
    await Promise.all(this.#pending);
    if (this.#failure !== undefined) throw this.#failure;
  }

  accept(event: LinkEvent, nowUs: number): void {
    switch (event.kind) {
      case "message":
        this.#acceptMessage(event);
        return;
      case "malformed": {
        const name = event.topic === null ? null : this.#byTopic.get(event.topic)?.stream.name;
        this.#rejections.note(name ?? null, event.error, nowUs);
        return;
      }
      case "notice":
        this.#sink.record(
          "link",
          messageReceived,
          {
            stream: "link/notice",
            rosType: "",
            receiveTimeUs: event.receivedUs,
            message: event.text,
          },
          event.receivedUs,
        );
        return;
      case "state": {
        const { state, attempt, reason } = event;
        this.#sink.record("link", linkChanged, { state, attempt, reason }, nowUs);
      }
    }
  }

  /**
   * Hands over what was held back, and waits for pictures on their way.
   *
   * @throws what storing a picture failed with.
   */
  async finish(nowUs: number): Promise<void> {
    for (const watched of this.#byTopic.values()) {
      this.#recordFindings(watched, { gap: null, ...watched.clock.finish() }, nowUs);
      this.#recordBatch(watched, watched.batch?.take() ?? null);
    }
    this.#rejections.finish(nowUs);
    await this.whenStored();
  }

  #acceptMessage({ topic, message, receivedUs, lengthBytes }: LinkEvent & { kind: "message" }) {
    const watched = this.#byTopic.get(topic);
    if (watched === undefined) {
      const error = malformed("a topic of the cell file", `"${topic.slice(0, 80)}"`);
      this.#rejections.note(null, error, receivedUs);
      return;
    }
    const { stream } = watched;
    try {
      const reading = readMessage(message, stream.expectation);
      const stampUs = stampOf(reading) ?? receivedUs;
      this.#count(watched, { stampUs, receivedUs, lengthBytes });
      this.#recordReading(watched, reading, message, receivedUs);
      this.#onReading({ stream, reading, receivedUs });
    } catch (error) {
      if (!isDreamlogError(error)) throw error;
      this.#rejections.note(stream.name, error, receivedUs);
    }
  }

  #count(watched: Watched, { stampUs, receivedUs, lengthBytes }: Arrival): void {
    watched.messages += 1;
    watched.bytes += lengthBytes;
    this.#recordFindings(watched, watched.clock.note(stampUs, receivedUs), receivedUs);
  }

  #recordReading(watched: Watched, reading: Reading, message: unknown, receivedUs: number): void {
    const { stream, batch } = watched;
    if (reading.kind === "jointStates" && batch !== null) {
      this.#recordBatch(watched, batch.add(reading, receivedUs));
    } else if (reading.kind === "image") {
      this.#recordImage(stream, reading, receivedUs);
    } else {
      const payload = {
        stream: stream.name,
        rosType: stream.expectation.rosType,
        receiveTimeUs: receivedUs,
        message: canonicalJson(withoutTypedArrays(message)),
      };
      const stampUs = stampOf(reading) ?? receivedUs;
      this.#sink.record(stream.name, messageReceived, payload, stampUs);
    }
  }

  #recordBatch({ stream }: Watched, batch: ReturnType<StateBatch["take"]>): void {
    if (batch === null) return;
    this.#sink.record(stream.name, jointStatesReceived, batch, batch.sourceTimesUs[0]!);
  }

  #recordImage(stream: CellStream, reading: ImageReading, receivedUs: number): void {
    const { format, widthPx, heightPx, header } = reading;
    this.#store(reading.bytes, mediaTypes[format], (bytes) => {
      const camera = stream.camera ?? stream.name;
      const { name } = stream;
      const picture = { format, widthPx, heightPx, bytes };
      const payload = { stream: name, camera, receiveTimeUs: receivedUs, ...picture };
      this.#sink.record(name, imageReceived, payload, header.stampUs);
    });
  }

  #store(bytes: Uint8Array, mediaType: string, then: (ref: BlobRef) => void): void {
    const storing = this.#sink
      .storeBytes(bytes, mediaType)
      .then(then)
      .catch((error: unknown) => {
        this.#failure ??= error instanceof Error ? error : new Error(String(error));
      })
      .then(() => void this.#pending.delete(storing));
    this.#pending.add(storing);
  }

  #recordFindings(watched: Watched, { gap, late, offset }: TimingFindings, nowUs: number): void {
    const { name } = watched.stream;
    if (gap !== null) {
      watched.missing += gap.missingCount;
      this.#sink.record(name, gapFound, gap, gap.toTimeUs);
    }
    if (late !== null) {
      watched.late += late.count;
      this.#sink.record(name, messagesLate, late, nowUs);
    }
    if (offset !== null) this.#sink.record(name, clockOffsetEstimated, offset, nowUs);
  }
}

function watched(stream: CellStream): Watched {
  const { name, rateHz, arm, expectation } = stream;
  const isStates = arm !== null && expectation.jointNames !== null;
  return {
    stream,
    clock: new StreamClock(name, rateHz),
    batch: isStates ? new StateBatch(name, arm) : null,
    messages: 0,
    bytes: 0,
    missing: 0,
    late: 0,
  };
}

function stampOf(reading: Reading): number | null {
  return reading.kind === "operatorStop" ? null : (reading.header?.stampUs ?? null);
}

/** The same with lists in place of typed arrays, which JSON writes as objects, and numbers for bigints. */
function withoutTypedArrays(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (ArrayBuffer.isView(value)) return Array.from(value as Float64Array, withoutTypedArrays);
  if (Array.isArray(value)) return value.map(withoutTypedArrays);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, withoutTypedArrays(inner)]),
  );
}
