import { describe, expect, it } from "vitest";
import { tasks } from "../../src/core/cell.ts";
import { derivationRules } from "../../src/app/derivations/registry.ts";
import { replayHere } from "../../src/app/logVerifier.ts";
import { goldenCopy, openCopy } from "./goldenCopies.ts";

describe.each(tasks)("the golden session of %s", (task) => {
  it("replays exactly: everything in it is what its causes make", async () => {
    const golden = await goldenCopy(task);
    const open = openCopy(golden.path);
    try {
      const { byType, firstDivergence, unknownProducers, tolerated } = await replayHere(open);
      expect(firstDivergence).toBeNull();
      expect(unknownProducers).toEqual([]);
      expect(tolerated).toEqual([]);
      expect(byType.length).toBeGreaterThanOrEqual(14);
      for (const { verified } of byType) expect(verified).toBeGreaterThan(0);
    } finally {
      await open.close();
      golden.remove();
    }
  });
});

describe("the golden sessions together", () => {
  /** What no golden session has, with the reason. */
  const elsewhere = new Map([
    ["planner.primitiveRefused", "test/app/derivations/failures.test.ts"],
    ["judge.judgementFailed", "test/app/derivations/failures.test.ts"],
    ["evaluation.judgeMeasured", "test/app/derivations/measureJudge.test.ts"],
  ]);

  it("hold an event of every type that this program derives, but for three that have tests of their own", async () => {
    const found = new Set<string>();
    for (const task of tasks) {
      const golden = await goldenCopy(task);
      const open = openCopy(golden.path);
      for (const { type } of (await open.log.stats()).byType) found.add(type);
      await open.close();
      golden.remove();
    }
    const derived = new Set(derivationRules.map(({ definition }) => definition.type));
    expect([...derived].filter((type) => !found.has(type)).sort()).toEqual([...elsewhere.keys()].sort()); // prettier-ignore
  });
});
