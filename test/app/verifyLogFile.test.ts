import { fc, test } from "@fast-check/vitest";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verifyLog } from "../../src/app/verifyLog.ts";
import { verifyLogFile } from "../../src/app/verifyLogFile.ts";
import { ManualClock } from "../../src/core/clock.ts";
import { openLog, type OpenLog } from "../../store/openLog.ts";
import { tamper } from "../store/rawConnection.ts";
import { boxed, closed, imported, sampled, started } from "../store/sampleEvents.ts";
import { createFolder } from "../store/temporaryLog.ts";

const clock = new ManualClock(1);
const folder = createFolder();
const path = `${folder.path}/damaged.log`;
let open: OpenLog;

/** A log of several sessions with damage of many kinds. */
beforeAll(async () => {
  const written = openLog({ path, clock });
  const { log, blobs } = written;
  const weights = await blobs.put(new Uint8Array(5000).fill(3), "application/octet-stream");
  await blobs.put(new Uint8Array(5000).fill(4), "application/octet-stream");
  const [start] = await log.append([started("a"), imported("a", "weights", weights)]);
  for (let at = 0; at < 20; at++) {
    await log.append([boxed("a", `${at}`, at, { causes: at === 0 ? [] : [at] })]);
    if (at === 5) await log.append([started("b", { session: "a", event: "a/3" })]);
    if (at > 5) await log.append([boxed("b", `${at}`, at)]);
  }
  await log.append([sampled("a", "points", [start!], "0"), closed("a")]);
  await written.close();
  tamper(path, (database) => {
    database.exec("UPDATE events SET seed = 'x' WHERE position IN (7, 20)");
    database.exec("UPDATE events SET payload = x'c0' WHERE position = 11");
    database.exec("DELETE FROM events WHERE position IN (15, 16)");
    database.exec("DELETE FROM causes WHERE event = 18");
    database.exec("UPDATE blobs SET bytes = x'00'");
    database.exec("DELETE FROM events WHERE position = (SELECT max(position) FROM events)");
  });
  open = openLog({ path, clock, mode: "readonly" });
});
afterAll(async () => {
  await open.close();
  folder.remove();
});

describe("a full check in parts", () => {
  test.prop([fc.integer({ min: 1, max: 50 })])(
    "finds in parts of any size what it finds in one",
    (rangeEvents) => {
      const whole = verifyLog(open.tables);
      const codes = new Set(whole.problems.map(({ code }) => code));
      expect(codes.size).toBeGreaterThan(5);

      const inParts = verifyLog(open.tables, () => undefined, rangeEvents);

      const places = (check: typeof whole) =>
        new Set(check.problems.map(({ code, position, blob }) => `${code} ${position} ${blob}`));
      for (const place of places(whole)) {
        // A gap at the border of two parts is told at its first position, and not at the event after it.
        if (!place.startsWith("POSITION_MISSING")) expect(places(inParts)).toContain(place);
      }
      expect([...places(inParts)].some((place) => place.startsWith("POSITION_MISSING"))).toBe(true);
    },
  );

  it("finds the same on several threads", async () => {
    expect(await verifyLogFile(open, { jobs: 2 })).toEqual(verifyLog(open.tables));
  });
});
