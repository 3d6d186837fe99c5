import { readFileSync } from "node:fs";
import { onTestFinished } from "vitest";
import { parseCellFile } from "../../hardware/cellFile/parseCellFile.ts";
import type { LiveSink } from "../../hardware/intake/liveSink.ts";
import { LiveCell } from "../../hardware/liveCell.ts";
import { openLink } from "../../hardware/link/openLink.ts";
import type { CellWorld } from "../../hardware/virtualCell/cellWorld.ts";
import { faultPresets, type Faults } from "../../hardware/virtualCell/faults.ts";
import { startFoxgloveServer } from "../../hardware/virtualCell/foxgloveServer.ts";
import { startRosbridgeServer } from "../../hardware/virtualCell/rosbridgeServer.ts";
import { startVirtualCell } from "../../hardware/virtualCell/virtualCell.ts";
import { createSystemClock } from "../../src/core/clock.ts";
import { digestBytes } from "../../src/core/digest.ts";
import type { PayloadOf } from "../../src/events/eventDefinition.ts";
import { imageReceived, jointStatesReceived, messageReceived } from "../../src/events/hardware.ts";
import { createArmKinematics } from "../../src/robot/armKinematics.ts";
import { homeJointsRad } from "../../src/robot/fr3.ts";

export const cellText = readFileSync(
  new URL("../../docs/cells/virtual.yaml", import.meta.url),
  "utf8",
);
const clock = createSystemClock();

/** A world of one picture that never changes; arms can go anywhere. */
const stillWorld: CellWorld = {
  step: () => undefined,
  picture: () =>
    Promise.resolve({
      widthPx: 2,
      heightPx: 1,
      jpeg: Uint8Array.of(0xff, 0xd8, 1, 2, 3, 0xff, 0xd9),
      rgb: new Uint8Array(6),
      depthMm: new Uint16Array(2),
    }),
  reach: (_arm, _point, from) => from,
  close: () => undefined,
};

export interface Recorded {
  readonly stream: string;
  readonly type: string;
  readonly payload: unknown;
  readonly sourceTimeUs: number;
}

/** A sink that keeps what it is given. */
export function createListSink(): LiveSink & { readonly events: Recorded[] } {
  const events: Recorded[] = [];
  return {
    events,
    record: (stream, { type }, payload, sourceTimeUs) =>
      events.push({ stream, type, payload, sourceTimeUs }),
    storeBytes: (bytes, mediaType) =>
      Promise.resolve({ digest: digestBytes(bytes), mediaType, lengthBytes: bytes.length }),
  };
}

/** Stamps of all messages that were recorded of a stream, in order of arrival. */
export function stampsOf(events: readonly Recorded[], stream: string): number[] {
  return events
    .filter((event) => event.stream === stream)
    .flatMap(({ type, payload, sourceTimeUs }) => {
      if (type === jointStatesReceived.type) {
        return [...(payload as PayloadOf<typeof jointStatesReceived>).sourceTimesUs];
      }
      return type === imageReceived.type || type === messageReceived.type ? [sourceTimeUs] : [];
    });
}

/** What a virtual cell of a test is served with; the still world where none is named. */
interface Serving {
  readonly faults?: Partial<Faults>;
  readonly publishSeconds?: number;
  readonly text?: string;
  readonly world?: Partial<CellWorld>;
  readonly port?: number;
}

export function serveCell({ faults, publishSeconds, text = cellText, world, port }: Serving) {
  return startVirtualCell({
    description: parseCellFile(text, "cell.yaml").description,
    world: { ...stillWorld, ...world },
    faults: { ...faultPresets.none, ...faults },
    seed: "test",
    port: port ?? 0,
    nowUs: () => clock.nowUs(),
    startServer: text.includes("protocol: foxglove") ? startFoxgloveServer : startRosbridgeServer,
    publishSeconds: publishSeconds ?? null,
  });
}

/** A virtual cell and a client of it, both in this process, over a real socket. */
export async function connectedCell(
  options: Serving & {
    readonly isArmed?: boolean;
    /** The client's own cell file, where it differs. */
    readonly clientText?: string;
  } = {},
) {
  const text = options.text ?? cellText;
  const served = await serveCell(options);
  const kinematics = await createArmKinematics();
  const sink = createListSink();
  const file = parseCellFile(
    (options.clientText ?? text).replace("ws://127.0.0.1:9090", `ws://127.0.0.1:${served.port}`),
    "cell.yaml",
  );
  // A machine that is busy with other tests keeps a cell silent for longer than a robot may.
  const slow = { stateTimeoutMs: 5000, frameTimeoutMs: 5000, commandTimeoutMs: 5000 };
  const cell = { ...file, limits: { ...file.limits, ...slow } };
  const live = new LiveCell({
    cell,
    kinematics,
    sink,
    isArmed: options.isArmed ?? false,
    nowUs: () => clock.nowUs(),
    openLink: (linkOptions) => openLink(cell.description, linkOptions),
  });
  let isClosed = false;
  const close = async () => {
    if (isClosed) return;
    isClosed = true;
    await live.close();
    await served.close();
    kinematics.close();
  };
  onTestFinished(close);
  return { served, live, sink, cell, kinematics, close };
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits for something that another part of the process is about to do. */
export async function until(isSo: () => boolean, longestMs = 10_000): Promise<void> {
  for (let waitedMs = 0; !isSo(); waitedMs += 10) {
    if (waitedMs > longestMs) throw new Error("waited in vain");
    await pause(10);
  }
}

export type Session = Awaited<ReturnType<typeof connectedCell>>;

/** Payloads of all events of a kind that a session recorded, in order. */
export function payloadsOf<Definition extends { readonly type: string }>(
  { sink }: Session,
  definition: Definition,
): PayloadOf<Definition>[] {
  return sink.events
    .filter(({ type }) => type === definition.type)
    .map(({ payload }) => payload as PayloadOf<Definition>);
}

export const homeCommand = {
  arm: "left",
  primitive: "p",
  joints: homeJointsRad,
  openingM: 0.06,
} as const;
