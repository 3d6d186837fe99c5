import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { isDreamlogError } from "../../../src/core/errors.ts";
import { formatRanking, parseRanking } from "../../../src/judging/human/ranking.ts";
import { readRanking } from "../../../src/judging/human/readRanking.ts";

describe("a rater's ranking", () => {
  it("is the same with and without spaces, signs and capitals", () => {
    for (const text of ["C > A = B", "c>a=b", "ca=b", " c  a = b "]) {
      expect(parseRanking(text, 4)).toEqual([[2], [0, 1], [3]]);
    }
  });

  it("puts what is not named last, all of it equal", () => {
    expect(parseRanking("B", 3)).toEqual([[1], [0, 2]]);
    expect(parseRanking("=", 3)).toEqual([[0, 1, 2]]);
  });

  const arbitraryTiers = fc
    .integer({ min: 2, max: 16 })
    .chain((count) => fc.array(fc.nat(3), { minLength: count, maxLength: count }))
    .map((tierOf) => {
      const used = [...new Set(tierOf)];
      return used.map((tier) => tierOf.flatMap((own, place) => (own === tier ? [place] : [])));
    });

  test.prop([arbitraryTiers])("is read back as it is written", (tiers) => {
    expect(parseRanking(formatRanking(tiers), tiers.flat().length)).toEqual(tiers);
  });

  it.each([
    ["", 1],
    ["AXB", 2],
    ["A > D", 5],
    ["A > A", 5],
    ["= A", 1],
    ["A ==B", 4],
    ["A =", 4],
  ])("%j is refused at column %i", (text, column) => {
    try {
      parseRanking(text, 3);
      expect.unreachable();
    } catch (error) {
      if (!isDreamlogError(error, "ANSWER_INVALID")) throw error;
      expect(error.context).toMatchObject({ column });
    }
  });

  it("becomes a verdict on the dreams behind the letters", () => {
    // A shows dream 2, B dream 0, C dream 1.
    expect(readRanking("B > A = C", [2, 0, 1])).toEqual({
      ranking: [0, 1, 2],
      distances: [0, 1, 1],
      isTied: false,
    });
    expect(readRanking("C = B", [2, 0, 1])).toMatchObject({ distances: [0, 0, 1], isTied: true });
  });
});
