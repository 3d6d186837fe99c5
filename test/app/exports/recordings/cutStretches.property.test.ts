import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import {
  cutStretches,
  nominalRateHz,
} from "../../../../src/app/exports/recordings/cutStretches.ts";
import { nearestTo, newestAt } from "../../../../src/app/exports/recordings/track.ts";

const rateHz = 30;
/** Steps from frame to frame, microseconds: on time, late, a pause, or a clock that was set back. */
const steps = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: fc.integer({ min: 25_000, max: 45_000 }) },
    fc.integer({ min: 51_000, max: 900_000 }),
    fc.integer({ min: -100_000, max: -1 }),
  ),
  { minLength: 1, maxLength: 300 },
);
const spans = fc.array(fc.tuple(fc.nat(9_000_000), fc.nat(3_000_000)), { maxLength: 3 });

describe("the episodes of a recording", () => {
  test.prop([steps, spans, fc.nat(7)])(
    "and what is left out are all of its frames, once each; no episode holds a pause",
    (stepsUs, windowsUs, missingEvery) => {
      const timesUs = [0];
      for (const stepUs of stepsUs) timesUs.push(timesUs.at(-1)! + stepUs);
      const windows = windowsUs.map(([fromUs, lengthUs], at) => ({
        session: `s/primitive-${at}`,
        fromUs,
        toUs: fromUs + lengthUs,
      }));
      const all = [{ session: "s", fromUs: -Infinity, toUs: Infinity }];
      const { stretches, leftOut } = cutStretches({
        session: "s",
        camera: "top",
        timesUs,
        receivedUs: timesUs,
        rateHz,
        windows: windows.length === 0 ? all : windows,
        isComplete: (frame) => missingEvery === 0 || frame % (20 * missingEvery) !== 0,
      });
      const kept = stretches.flatMap(({ first, end }) =>
        Array.from({ length: end - first }, (_, at) => first + at),
      );
      const lost = leftOut
        .filter(({ reason }) => reason !== "pause")
        .reduce((sum, { rows }) => sum + (rows ?? 0), 0);
      expect(new Set(kept).size).toBe(kept.length);
      expect(kept.length + lost).toBe(timesUs.length);
      for (const { first, end } of stretches) {
        expect(end - first).toBeGreaterThanOrEqual(rateHz);
        for (let frame = first + 1; frame < end; frame++) {
          const stepUs = timesUs[frame]! - timesUs[frame - 1]!;
          expect(stepUs >= 0 && stepUs <= 50_000).toBe(true);
        }
      }
    },
  );

  it("have the rate that the camera is meant to have, whatever single frames do", () => {
    expect(nominalRateHz([0, 33_300, 66_700, 99_900, 400_000, 433_400])).toBe(30);
    expect(nominalRateHz([0, 66_701, 133_300])).toBe(15);
    expect(nominalRateHz([7])).toBe(0);
    expect(nominalRateHz([7, 7])).toBe(0);
  });
});

describe("values by time", () => {
  const times = fc
    .array(fc.nat(50), { maxLength: 20 })
    .map((values) => values.sort((a, b) => a - b));
  test.prop([times, fc.integer({ min: -5, max: 55 })])(
    "are found as a look at each of them finds them",
    (timesUs, timeUs) => {
      expect(newestAt(timesUs, timeUs)).toBe(timesUs.findLastIndex((one) => one <= timeUs));
      const nearest = nearestTo(timesUs, timeUs);
      if (timesUs.length === 0) expect(nearest).toBe(-1);
      else {
        const distances = timesUs.map((one) => Math.abs(one - timeUs));
        expect(distances[nearest]).toBe(Math.min(...distances));
      }
    },
  );
});
