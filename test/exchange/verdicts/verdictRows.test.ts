import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { isDreamlogError } from "../../../src/core/errors.ts";
import { readCsv, writeCsv } from "../../../src/exchange/verdicts/csvTable.ts";
import { readVerdicts, writeVerdictsCsv, writeVerdictsJson } from "../../../src/exchange/verdicts/verdictRows.ts"; // prettier-ignore

const row = { sheet: "1", group: "rope/00003", dreams: "0123456789ab", rater: "ana", ranking: "B > A" }; // prettier-ignore
const bytesOf = (text: string) => new TextEncoder().encode(text);

function problemOf(bytes: Uint8Array) {
  try {
    readVerdicts(bytes);
  } catch (error) {
    if (isDreamlogError(error, "DATASET_INVALID")) return error;
    throw error;
  }
  return expect.unreachable();
}

describe("comma-separated values", () => {
  const cell = fc.string({ unit: fc.constantFrom(...Array.from('ab,;"\r\n ü')) });
  test.prop([fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1 })])(
    "are read back as they were written",
    (rows) => {
      // The first line decides what separates cells.
      const written = [["x", "y"], ...rows].filter((cells) => cells.some((text) => text !== ""));
      const read = readCsv(writeCsv(written));
      expect(read.map((cells) => cells.map(({ text }) => text))).toEqual(written);
    },
  );

  it("tell the place of every cell", () => {
    expect(readCsv('a,"b\nc",d\r\n,e')).toEqual([
      [
        { text: "a", line: 1, column: 1 },
        { text: "b\nc", line: 1, column: 3 },
        { text: "d", line: 2, column: 4 },
      ],
      [
        { text: "", line: 3, column: 1 },
        { text: "e", line: 3, column: 2 },
      ],
    ]);
  });
});

describe("verdicts in a file", () => {
  it("are the same from CSV and from JSON", () => {
    const strip = (text: string) => readVerdicts(bytesOf(text)).map(({ place: _, ...rest }) => rest); // prettier-ignore
    expect(strip(writeVerdictsCsv([row]))).toEqual([row]);
    expect(strip(writeVerdictsJson([row]))).toEqual([row]);
  });

  it("are read as spreadsheets write them: a mark, semicolons, columns of their own", () => {
    const text = "\ufeffnote;Group;sheet;dreams;rater;ranking\r\nx;rope/00003;1;0123456789ab;ana; B > A \r\n\r\n"; // prettier-ignore
    expect(readVerdicts(bytesOf(text))).toMatchObject([row]);
  });

  it.each([
    ["sheet,group\n", 1, 1, /none of dreams, rater, ranking/],
    ["sheet,group,dreams,rater,ranking,Ranking\n", 1, 34, /each column once, found ranking again/],
    [`${writeVerdictsCsv([row])}1,rope\n`, 3, 3, /5 cells, found 2/],
    [`${writeVerdictsCsv([row])}1,"rope,x\n`, 3, 3, /is closed/],
    [`${writeVerdictsCsv([row])}1,ro"pe\n`, 3, 5, /quoted whole/],
    [`${writeVerdictsCsv([row])}1,"r"x\n`, 3, 6, /closing quote/],
    [`${writeVerdictsCsv([row])}1,${"x".repeat(70_000)}`, 3, 65_538, /at most 65536/],
  ])("name line and column of what is wrong with %#", (text, line, column, message) => {
    const problem = problemOf(bytesOf(text));
    expect(problem.context).toMatchObject({ line, column });
    expect(problem.message).toMatch(message);
  });

  it("are refused where they are not UTF-8, at the first byte that is none", () => {
    const latin1 = Buffer.from(writeVerdictsCsv([{ ...row, rater: "josé" }]), "latin1");
    expect(problemOf(latin1)).toMatchObject({ context: { line: 2, column: 30 } });
  });

  it("are refused where a JSON row is not whole", () => {
    expect(problemOf(bytesOf('[{"sheet":"1"}]')).message).toContain("group");
    expect(problemOf(bytesOf("[1,")).message).toContain("JSON");
    expect(problemOf(bytesOf('{"rows":[]}')).message).toContain("found Object at the list");
  });
});
