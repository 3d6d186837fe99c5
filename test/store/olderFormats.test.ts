import { copyFileSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { verifyLog } from "../../src/app/verifyLog.ts";
import { boxed, started } from "./sampleEvents.ts";
import { openForTest, temporaryPath } from "./temporaryLog.ts";

// Each fixture is a small log as the last program of that format left it: two sessions, one a branch,
// with a fact that names a blob, two derivations and a close. Never make one anew.
const folder = new URL("./fixtures/", import.meta.url);
const head = "7797638f25b0eb00c16ee0298f30e52c84392f730ec48590f71e3bc49ff216c0";
const fixtures = readdirSync(folder).filter((name) => name.endsWith(".dlog"));

function copyOf(fixture: string): string {
  const path = temporaryPath(fixture);
  copyFileSync(new URL(fixture, folder), path);
  return path;
}

describe.each(fixtures)("a log of an older file format: %s", (fixture) => {
  it.each(["readonly", "existing"] as const)("opens as %s with all that it holds", async (mode) => {
    const { log, blobs, tables } = openForTest({ path: copyOf(fixture), mode });

    expect(await log.head()).toBe(head);
    expect(await log.sessions()).toMatchObject([
      { id: "branch/δ", parent: { session: "root", position: 2 }, isClosed: true },
      { id: "root", parent: null, eventCount: 4, isClosed: false },
    ]);
    const [, , imported] = await log.read({ session: "root" });
    const { weights } = imported!.payload as { weights: { digest: never } };
    expect(await blobs.get(weights.digest)).toHaveLength(3000);
    expect((await log.stats()).events).toBe(7);
    expect(verifyLog(tables)).toEqual({ isSound: true, events: 7, blobs: 1, problems: [] });
  });

  it("goes on where it stood", async () => {
    const { log, tables } = openForTest({ path: copyOf(fixture), mode: "existing" });

    const stored = await log.append([boxed("root", "later"), started("new")]);

    expect(stored.map(({ position, seq }) => [position, seq])).toEqual([
      [8, 4],
      [9, 0],
    ]);
    expect(verifyLog(tables).isSound).toBe(true);
  });
});
