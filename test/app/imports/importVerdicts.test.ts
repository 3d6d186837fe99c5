import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { exportVerdictSheet, exportVerdicts } from "../../../src/app/exports/exportVerdicts.ts";
import { importVerdicts } from "../../../src/app/imports/importVerdicts.ts";
import { silentProgress } from "../../../src/app/progress.ts";
import { temporaryPath } from "../../store/temporaryLog.ts";
import { dreamedRun, dreamedSettings } from "../humanVerdicts/dreamedRun.ts";

const run = { name: "seed-0", settings: dreamedSettings };
const bytesOf = (text: string) => new TextEncoder().encode(text);

/** A log, and its sheet with what a rater wrote into the rows. */
async function filledSheet(...rankings: readonly string[]) {
  const open = await dreamedRun();
  const { signal } = new AbortController();
  const request = { ...open, to: temporaryPath("sheet"), progress: silentProgress, signal };
  await exportVerdictSheet(request, run, "1");
  const [head, ...rows] = readFileSync(join(request.to, "verdicts.csv"), "utf8").trim().split("\n");
  const filled = rows.map((row, at) => row.replace(/,,$/, `,ana,${rankings[at] ?? ""}`));
  return { open, request, csv: [head, ...filled, ""].join("\n") };
}

describe("a sheet of verdicts", () => {
  it("is exported again as long as nobody has written in it, and never over what somebody wrote", async () => {
    const { request, csv } = await filledSheet("B > A");
    const table = join(request.to, "verdicts.csv");
    const empty = readFileSync(table, "utf8");
    await exportVerdictSheet(request, run, "1");
    expect(readFileSync(table, "utf8")).toBe(empty);
    await expect(exportVerdictSheet(request, run, "2")).rejects.toThrow(/one of others/);
    writeFileSync(table, csv);
    await expect(exportVerdictSheet(request, run, "1")).rejects.toMatchObject({
      code: "ARGUMENT_INVALID",
      message: expect.stringMatching(/found \d rows that somebody has; import them/) as string,
    });
    expect(readFileSync(table, "utf8")).toBe(csv);
  });

  it("comes back into the log once, and as CSV and JSON out of it and in again", async () => {
    const { open, request, csv } = await filledSheet("B > A", "?");
    expect(await importVerdicts(open, run, bytesOf(csv))).toMatchObject({ raters: ["ana"], added: 2 }); // prettier-ignore
    const head = await open.log.head();
    const to = temporaryPath("verdicts");
    await exportVerdicts({ ...request, to }, run);
    for (const again of [
      bytesOf(csv),
      readFileSync(join(to, "verdicts.csv")),
      readFileSync(join(to, "verdicts.json")),
    ]) {
      // prettier-ignore
      expect(await importVerdicts(open, run, again)).toMatchObject({ added: 0, unchanged: 2 });
    }
    expect(await open.log.head()).toBe(head);
    const changed = csv.replace("B > A", "C");
    expect(await importVerdicts(open, run, bytesOf(changed))).toMatchObject({ changed: 1, unchanged: 1 }); // prettier-ignore
  });

  it("with bad rows is refused whole, every one with its line and column", async () => {
    const { open, csv } = await filledSheet("B > X", "A");
    const head = await open.log.head();
    const bad = `${csv}1,rope/99999,0,ana,A\n${csv.split("\n")[2]!}\n`;
    await expect(importVerdicts(open, run, bytesOf(bad))).rejects.toMatchObject({
      code: "DATASET_INVALID",
      context: {
        problems: [
          { line: 2, column: 34 },
          { line: 4, column: 3 },
          { line: 5, column: 26 },
        ],
      },
    });
    expect(await open.log.head()).toBe(head);
  });

  it("of other dreams is refused", async () => {
    const { open, csv } = await filledSheet("A", "B");
    const other = csv.replace(/,[0-9a-f]{12},ana,A/, ",000000000000,ana,A");
    await expect(importVerdicts(open, run, bytesOf(other))).rejects.toThrow(/another run/);
  });
});
