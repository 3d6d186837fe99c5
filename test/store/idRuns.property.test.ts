import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { runsOf, splitId } from "../../store/idRuns.ts";

/** Ids as programs make them, many of them near one another. */
const arbitraryId = fc.oneof(
  fc
    .tuple(fc.constantFrom("", "a/", "a/0", "a/1", "δ/"), fc.nat(130))
    .map(([prefix, n]) => `${prefix}${n}`),
  fc.stringMatching(/^[a0-9]{1,18}$/),
  fc.string({ minLength: 1, maxLength: 5 }),
);

function idsIn(runs: ReturnType<typeof runsOf>): string[] {
  return runs.flatMap(({ prefix, first, last }) =>
    Array.from({ length: last - first + 1 }, (_, at) =>
      first + at < 0 ? prefix : `${prefix}${first + at}`,
    ),
  );
}

describe("an id as prefix and number", () => {
  it.each([
    ["left/state/120", "left/state/", 120],
    ["left/state/0", "left/state/", 0],
    ["collect/rope/000012", "collect/rope/0000", 12],
    ["x00", "x0", 0],
    ["started", "started", -1],
    ["7", "", 7],
    ["n1234567890123456", "n1", 234_567_890_123_456],
  ])("splits %s", (id, prefix, number) => {
    expect(splitId(id)).toEqual({ prefix, number });
  });

  test.prop([arbitraryId])("says the same id", (id) => {
    const { prefix, number } = splitId(id);

    expect(number < 0 ? prefix : `${prefix}${number}`).toBe(id);
    expect(Number.isSafeInteger(number)).toBe(true);
  });
});

describe("runs of ids", () => {
  test.prop([fc.uniqueArray(arbitraryId, { maxLength: 40 })])("say every id, once", (ids) => {
    expect(idsIn(runsOf(ids)).sort()).toEqual([...ids].sort());
  });

  it("are one for each source of a stream whose events count up", () => {
    const ids = Array.from({ length: 20 }, (_, at) => [`left/${at + 95}`, `right/${at}`]).flat();

    expect(runsOf(ids)).toEqual([
      { prefix: "left/", first: 95, last: 114 },
      { prefix: "right/", first: 0, last: 19 },
    ]);
  });
});
