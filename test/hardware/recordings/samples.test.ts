import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { importRecording } from "../../../src/app/live/importRecording.ts";
import type { PayloadOf } from "../../../src/events/eventDefinition.ts";
import { messageReceived } from "../../../src/events/hardware.ts";
import { openForTest, temporaryPath } from "../../store/temporaryLog.ts";

/** Imports a recording that others made, without a cell file; see `samples/README.md`. */
async function importSample(name: string) {
  const logPath = temporaryPath();
  const imported = await importRecording({
    path: fileURLToPath(new URL(`./samples/${name}`, import.meta.url)),
    logPath,
    session: "s",
    cell: null,
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });
  const { log } = openForTest({ path: logPath, mode: "readonly" });
  const events = await log.read({ session: "s", types: [messageReceived.type] });
  const messages = events.map(({ payload }) => payload as PayloadOf<typeof messageReceived>);
  return { imported, messages };
}

it.each(["talker.mcap", "talker.db3"])(
  "reads what a talker said, in %s of rosbag2",
  async (name) => {
    const { imported, messages } = await importSample(name);
    expect(imported).toMatchObject({ messages: 20, rawMessages: 0, rejected: 0, damage: null });
    const said = messages.filter(({ stream }) => stream === "topic");
    expect(said.map(({ message }) => JSON.parse(message) as unknown)).toEqual(
      Array.from({ length: 10 }, (_, at) => ({ data: `Hello, world! ${at}` })),
    );
    // As the recording's metadata.yaml has it: begin and length, nanoseconds.
    const times = messages.map(({ receiveTimeUs }) => receiveTimeUs);
    expect(Math.min(...times)).toBe(1_585_866_235_112_411);
    expect(Math.max(...times) - Math.min(...times)).toBe(4_531_097);
  },
);

it.each(["cdr_test_0.mcap", "cdr_test_0.db3"])(
  "reads arrays of every type, 64-bit integers among them, in %s of rosbag2",
  async (name) => {
    const { imported, messages } = await importSample(name);
    expect(imported).toMatchObject({ messages: 7, rawMessages: 0, rejected: 0, damage: null });
    const arrays = messages.filter(({ stream }) => stream === "array_topic");
    expect(arrays).toHaveLength(4);
    for (const { message } of arrays) {
      const read = JSON.parse(message) as Readonly<Record<string, readonly unknown[]>>;
      expect(read["int64_values"]).toHaveLength(3);
      expect(read["int64_values"]!.every((value) => typeof value === "string")).toBe(true);
    }
    const basic = messages.filter(({ stream }) => stream === "test_topic");
    expect(
      basic.map(({ message }) => (JSON.parse(message) as { int32_value: number }).int32_value),
    ).toContain(123);
  },
);
