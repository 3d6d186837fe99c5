import { describe, expect, it } from "vitest";
import { verifyLog } from "../../src/app/verifyLog.ts";
import { createRandom } from "../../src/core/random.ts";
import { startAppendingProcess } from "./runAppendingProcess.ts";
import { openForTest, temporaryPath } from "./temporaryLog.ts";

/** Kills of the writing process; more of them in a nightly run. */
const rounds = Number(process.env["DREAMLOG_CRASH_ROUNDS"] ?? 5);
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("promise 2: an acknowledged append survives kill -9", () => {
  it.each(["direct", "thread"] as const)(
    `keeps every acknowledged event over ${rounds} kills, verifies, and goes on (%s)`,
    async (mode) => {
      const path = temporaryPath();
      const random = createRandom("crash");
      let acknowledged = 0;
      for (let round = 0; round < rounds; round++) {
        const writer = startAppendingProcess(path, "a", Infinity, mode);
        await writer.ready;
        // Somewhere in the first dozens of appends.
        await sleep(random.between(0, 60));
        writer.kill();
        await writer.ended;
        acknowledged = writer.acknowledged();

        const open = openForTest({ path, mode: "readonly" });
        const { eventCount } = (await open.log.session("a"))!;
        expect(eventCount).toBeGreaterThanOrEqual(acknowledged);
        expect(verifyLog(open.tables)).toMatchObject({ isSound: true, events: eventCount });
        for (let seq = 1; seq < acknowledged; seq++)
          expect(await open.log.findById(`a/event ${seq}`)).toMatchObject({ seq });
        await open.close();
      }

      const last = startAppendingProcess(path, "a", 1, mode);
      await last.ended;
      expect(last.acknowledged()).toBeGreaterThan(acknowledged);
    },
    rounds * 10_000,
  );
});

describe("several processes at the same new file", () => {
  it("make one log, in which each finds its own session whole", async () => {
    const path = temporaryPath();
    const sessions = ["a", "b", "c", "d"];

    const writers = sessions.map((session) => startAppendingProcess(path, session, 20));
    await Promise.all(writers.map(({ ended }) => ended));

    const { log, tables } = openForTest({ path, mode: "existing" });
    const counts = (await log.sessions()).map(({ eventCount }) => eventCount);
    expect(counts).toEqual(writers.map((writer) => writer.acknowledged()));
    expect(verifyLog(tables).isSound).toBe(true);
  });
});
