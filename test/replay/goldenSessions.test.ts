import { describe, expect, it } from "vitest";
import { tasks } from "../../src/core/cell.ts";
import { derivationNames, typesNamedBy } from "../../src/app/derivationNames.ts";
import { replayHere } from "../../src/app/logVerifier.ts";
import { numericFingerprint } from "../../src/inference/numericFingerprint.ts";
import { goldenCopy, openCopy } from "./goldenCopies.ts";

describe.each(tasks)("the golden session of %s", (task) => {
  it("replays exactly: everything in it is what its causes make", async () => {
    const golden = await goldenCopy(task);
    const open = openCopy(golden.path);
    try {
      const { byType, firstDivergence, unknownProducers, tolerated } = await replayHere(open);
      expect(firstDivergence).toBeNull();
      expect(unknownProducers).toEqual([]);
      // Recorded on one machine: where the arithmetic is another, models come near and no nearer.
      for (const { fingerprintRecorded } of tolerated) {
        expect(fingerprintRecorded).not.toBe(numericFingerprint(1));
      }
      expect(byType.length).toBeGreaterThanOrEqual(14);
      for (const { verified, withinTolerance } of byType) {
        expect(verified + withinTolerance).toBeGreaterThan(0);
      }
    } finally {
      await open.close();
      golden.remove();
    }
  });
});

describe("the golden sessions together", () => {
  /** What none of them has; `test/app` has it instead. */
  const elsewhere = [
    "evaluation.judgeMeasured",
    "judge.judgementFailed",
    "perception.observationFailed",
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
