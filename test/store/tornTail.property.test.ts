import { fc, test } from "@fast-check/vitest";
import { copyFileSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { verifyLog } from "../../src/app/verifyLog.ts";
import { ManualClock } from "../../src/core/clock.ts";
import type { StoredEvent } from "../../src/events/envelope.ts";
import { openLog } from "../../store/openLog.ts";
import { boxed, started } from "./sampleEvents.ts";
import { createFolder } from "./temporaryLog.ts";

const clock = new ManualClock(1);
const folder = createFolder();
const whole = `${folder.path}/whole.log`;
const torn = `${folder.path}/torn.log`;

/** What was acknowledged, and how long the write-ahead log was then. */
const acknowledged: { readonly event: StoredEvent; readonly walBytes: number }[] = [];
let writer: ReturnType<typeof openLog>;

/** A log that is still open, so that all its events lie in the write-ahead log. */
beforeAll(async () => {
  await openLog({ path: whole, clock }).close();
  writer = openLog({ path: whole, clock });
  const note = (events: readonly StoredEvent[]) => {
    const walBytes = statSync(`${whole}-wal`).size;
    acknowledged.push(...events.map((event) => ({ event, walBytes })));
  };
  note(await writer.log.append([started("a")]));
  for (let at = 0; at < 25; at++)
    note(await writer.log.append([boxed("a", `${at}`, at), boxed("a", `${at}+`, at)]));
});
afterAll(async () => {
  await writer.close();
  folder.remove();
});

describe("a torn end of the write-ahead log", () => {
  test.prop([fc.nat(), fc.constantFrom("cut", "zeroed", "changed")], { numRuns: 40 })(
    "costs what came after the damage and nothing before it, and the log goes on",
    async (pick, kind) => {
      copyFileSync(whole, torn);
      const wal = readFileSync(`${whole}-wal`);
      const at = pick % wal.length;
      if (kind === "changed") wal[at] = wal[at]! ^ 0xff;
      if (kind === "zeroed") wal.fill(0, at);
      writeFileSync(`${torn}-wal`, kind === "cut" ? wal.subarray(0, at) : wal);
      const safe = acknowledged.filter(({ walBytes }) => walBytes <= at).map(({ event }) => event);

      const after = openLog({ path: torn, clock, mode: "existing" });

      const events = await after.log.read({});
      expect(events.length).toBeGreaterThanOrEqual(safe.length);
      expect(events).toEqual(acknowledged.slice(0, events.length).map(({ event }) => event));
      expect(verifyLog(after.tables)).toMatchObject({ isSound: true, events: events.length });
      const next = events.length === 0 ? started("a") : boxed("a", "next");
      expect(await after.log.append([next])).toMatchObject([{ position: events.length + 1 }]);
      await after.close();
    },
  );
});
