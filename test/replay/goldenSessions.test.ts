import { describe, expect, it } from "vitest";
import { tasks } from "../../src/core/cell.ts";
import { derivationNames, typesNamedBy } from "../../src/app/derivationNames.ts";
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
  /** What none of them has; `test/app/derivations` has it instead. */
  const elsewhere = [
    "evaluation.judgeMeasured",
    "judge.judgementFailed",
    "planner.primitiveRefused",
  ];

  it("hold every type of event that the loop derives with its embedded components", async () => {
    const found = new Set<string>(elsewhere);
    for (const task of tasks) {
      const golden = await goldenCopy(task);
      const open = openCopy(golden.path);
      for (const { type } of (await open.log.stats()).byType) found.add(type);
      await open.close();
      golden.remove();
    }
    expect([...found]).toEqual(expect.arrayContaining([...typesNamedBy(derivationNames.join())]));
  });
});
