import type { Clock } from "../../src/core/clock.ts";
import type { NewEvent, Producer } from "../../src/events/envelope.ts";
import {
  cameraFrameCaptured,
  jointCommandsSent,
  jointStatesMeasured,
} from "../../src/events/environment.ts";
import { sessionStarted } from "../../src/events/session.ts";
import type { LogWriter } from "../../store/logWriter.ts";
import { recordCamera } from "../../streams/recordCamera.ts";
import { readVideoIndex } from "../../streams/videoIndex.ts";
import { frameBytes } from "./workload.ts";

export const liveSession = "live/bench";

const widthPx = 960;
const heightPx = 540;
const framesPerSecond = 30;
const statesPerSecond = 1000;
const commandsPerSecond = 30;
/** Pictures that a camera shows in turn. */
const pictureCount = 20;

const producer: Producer = {
  component: "bench.live",
  version: 1,
  config: {},
  model: null,
  fingerprint: null,
};

/** Something that makes events in real time. */
export interface Source {
  /** Makes what is due since the session began; a late timer makes several at once. */
  advance(seconds: number): void;
  /** Resolves when all that it made is stored or told of as lost. */
  finish(): Promise<void>;
  counts(): { readonly offered: number; readonly stored: number };
}

export function fact(name: string, type: string, sourceTimeUs: number, payload: unknown): NewEvent {
  return {
    id: `${liveSession}/${name}`,
    session: liveSession,
    type,
    version: 1,
    kind: "fact",
    sourceTimeUs,
    causes: [],
    producer,
    seed: null,
    key: null,
    payload,
  };
}

export function started(sourceTimeUs: number): NewEvent {
  const payload = { purpose: "bench", task: null, seed: "0", parent: null, settings: "{}" };
  return fact("started", sessionStarted.type, sourceTimeUs, payload);
}

/** Pictures with a gradient that moves and noise that an encoder has to work on. */
function pictures(): readonly Uint8Array[] {
  return Array.from({ length: pictureCount }, (_, picture) =>
    Uint8Array.from(
      { length: frameBytes },
      (_sample, at) => (at / 3 / widthPx + picture * 7 + ((at * 2_654_435_761) >>> 29)) & 255,
    ),
  );
}

/** Calls `make` with 0, 1, 2, … at a rate. */
function atRate(perSecond: number, make: (index: number) => void): (seconds: number) => void {
  let made = 0;
  return (seconds) => {
    while (made < seconds * perSecond) make(made++);
  };
}

export function encodedCamera(writer: LogWriter, camera: string, clock: Clock): Source {
  const stream = writer.stream({ session: liveSession, name: camera, policy: "drop" });
  let offered = 0;
  let stored = 0;
  const recorder = recordCamera({
    widthPx,
    heightPx,
    fps: framesPerSecond,
    framesPerSegment: 2 * framesPerSecond,
    blobs: writer.blobs,
    stream,
    session: liveSession,
    camera,
    producer,
  });
  const shown = pictures();
  return {
    advance: atRate(framesPerSecond, (index) => {
      offered += 1;
      recorder.offer(shown[index % pictureCount]!, clock.nowUs());
    }),
    async finish() {
      await recorder.close();
      await stream.flush();
      stored = (await readVideoIndex(writer.log, { session: liveSession, camera })).frameCount;
    },
    counts: () => ({ offered, stored }),
  };
}

/** Every frame a blob of its own and an event that names it: 46.7 MB a second. */
export function rawCamera(writer: LogWriter, camera: string, clock: Clock): Source {
  const stream = writer.stream({ session: liveSession, name: camera, policy: "drop" });
  const shown = pictures();
  const pending = new Set<Promise<void>>();
  let offered = 0;
  const store = async (index: number, sourceTimeUs: number) => {
    // A frame of its own, with its number in it: equal bytes would be stored once.
    const frame = new Uint8Array(shown[index % pictureCount]!);
    new DataView(frame.buffer).setUint32(0, index);
    const blob = await writer.putTransferred(frame, "image/x-rgb24");
    const image = { blob, decoded: blob.digest, widthPx, heightPx, frameCount: 1 };
    const payload = { camera, phase: "motion", image };
    await stream.offer(
      fact(`${camera}/frame/${index}`, cameraFrameCaptured.type, sourceTimeUs, payload),
    );
  };
  return {
    advance: atRate(framesPerSecond, (index) => {
      offered += 1;
      const stored = store(index, clock.nowUs()).finally(() => pending.delete(stored));
      pending.add(stored);
    }),
    async finish() {
      await Promise.all(pending);
      await stream.flush();
    },
    counts: () => ({ offered, stored: stream.counts().acknowledged }),
  };
}

/** One arm: a state each millisecond and a command each thirtieth of a second. */
export function armSource(writer: LogWriter, arm: "left" | "right", clock: Clock): Source {
  const stream = writer.stream({ session: liveSession, name: `${arm}Arm`, policy: "drop" });
  const offer = (name: string, type: string, payload: unknown) =>
    void stream.offer(fact(`${arm}/${name}`, type, clock.nowUs(), payload));
  const joints = new Float32Array(16);
  const states = atRate(statesPerSecond, (index) => {
    joints.fill(Math.fround(index * 1e-4));
    const payload = { rateHz: statesPerSecond, stepCount: 1, states: joints };
    offer(`state/${index}`, jointStatesMeasured.type, payload);
  });
  const commands = atRate(commandsPerSecond, (index) => {
    const payload = {
      arm,
      rateHz: commandsPerSecond,
      stepCount: 1,
      commands: joints.subarray(0, 8),
    };
    offer(`command/${index}`, jointCommandsSent.type, payload);
  });
  return {
    advance(seconds) {
      states(seconds);
      commands(seconds);
    },
    finish: () => stream.flush(),
    counts: () => ({ offered: stream.counts().offered, stored: stream.counts().acknowledged }),
  };
}
