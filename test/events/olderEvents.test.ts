import { copyFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { replayHere } from "../../src/app/logVerifier.ts";
import { verifyLog } from "../../src/app/verifyLog.ts";
import { featureImported } from "../../src/events/exchange.ts";
import { openForTest, temporaryPath } from "../store/temporaryLog.ts";

// A LeRobot episode of two rows as the program of commit 46611bc imported it, when features had 32-bit
// values only. Never make it anew.
const imported = new URL("./oldPayloads/featureImported1.dlog", import.meta.url);
const head = "e7931847fd46ab2b86cac18b00e0d35e10eb34cedea9b9497263033c5db7fe35";

function openCopy() {
  const path = temporaryPath("older.dlog");
  copyFileSync(imported, path);
  return openForTest({ path, mode: "existing" });
}

describe("promise 5: a log with imported features of version 1", () => {
  it("reads them as today's, and nothing stored changes", async () => {
    const { log, tables } = openCopy();

    const [event] = await log.read({ types: [featureImported.type] });

    expect(event).toMatchObject({
      version: 2,
      payload: { feature: "pose", width: 4, values: Float32Array.of(0, 1, 2, 3, 1, 1, 2, 3) },
    });
    expect(tables.eventAt(event!.position)!.version).toBe(1);
    expect(await log.head()).toBe(head);
    expect(verifyLog(tables)).toMatchObject({ isSound: true, events: 5, blobs: 2 });
  });

  it("knows the same feature again when it is offered as today's", async () => {
    const { log } = openCopy();
    const [stored] = await log.read({ types: [featureImported.type] });

    expect(await log.append([stored!])).toEqual([stored]);
    expect(await log.head()).toBe(head);
  });

  it("replays", async () => {
    const open = openCopy();

    expect(await replayHere(open)).toMatchObject({ readOnly: 5, firstDivergence: null });
  });
});
