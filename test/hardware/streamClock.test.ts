import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { StreamClock } from "../../hardware/intake/streamClock.ts";

const periodUs = 1000;

describe("the clock of a stream", () => {
  test.prop([fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 100 })])(
    "counts the messages that a gap left out",
    (missing, before) => {
      const clock = new StreamClock("left/states", 1000);
      for (let at = 0; at <= before; at++) clock.note(at * periodUs, at * periodUs + 300);
      const nextUs = (before + 1 + missing) * periodUs;
      expect(clock.note(nextUs, nextUs + 300).gap).toEqual({
        stream: "left/states",
        fromTimeUs: before * periodUs,
        toTimeUs: nextUs,
        missingCount: missing,
      });
    },
  );

  it("finds no gap in jitter", () => {
    const clock = new StreamClock("s", 1000);
    const gaps = [0, 1400, 2000, 2900, 4300].map((us) => clock.note(us, us).gap);
    expect(gaps).toEqual([null, null, null, null, null]);
  });

  it("tells once a second what came late, and by how much", () => {
    const clock = new StreamClock("s", null);
    for (const [stampUs, receivedUs] of [
      [5000, 6000],
      [2000, 6100],
      [4000, 6200],
    ] as const) {
      expect(clock.note(stampUs, receivedUs).late).toBeNull();
    }
    expect(clock.note(1_010_000, 1_011_000).late).toEqual({ stream: "s", count: 2, worstUs: 3000 });
  });

  it("estimates the offset by the fastest message, and tells it again when it moves", () => {
    const clock = new StreamClock("s", null);
    const offsets: number[] = [];
    for (let at = 0; at < 400; at++) {
      const stampUs = at * 10_000;
      const skewUs = at < 200 ? -2_000_000 : 3_000_000;
      const { offset } = clock.note(stampUs, stampUs + skewUs + 500 + (at % 7) * 100);
      if (offset !== null) offsets.push(offset.offsetUs);
    }
    const last = clock.finish().offset;
    expect(offsets[0]).toBe(-1_999_500);
    expect(last?.offsetUs ?? offsets.at(-1)).toBe(3_000_500);
  });
});
