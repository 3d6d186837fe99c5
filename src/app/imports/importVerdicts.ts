import { readFile, stat } from "node:fs/promises";
import { DreamlogError, isDreamlogError } from "../../core/errors.ts";
import { readVerdicts, type PlacedRow, type VerdictRow } from "../../exchange/verdicts/verdictRows.ts"; // prettier-ignore
import { formatRanking, parseRanking } from "../../judging/human/ranking.ts";
import type { OpenLog } from "../../../store/openLog.ts";
import { dreamGroupsOf, groupMark, shownOrder, type DreamGroup } from "../humanVerdicts/dreamGroup.ts"; // prettier-ignore
import type { DreamedRun } from "../humanVerdicts/judgedBranch.ts";
import { readAnswers, standingAnswers } from "../humanVerdicts/answers.ts";
import { openSitting, sittingsOf, type GivenAnswer } from "../humanVerdicts/sittings.ts";

/** Why a row cannot be imported, and where it stands. */
export interface RowProblem {
  readonly line: number;
  /** From 1; null in a JSON file. */
  readonly column: number | null;
  readonly message: string;
}

export interface ImportedVerdicts {
  readonly raters: readonly string[];
  readonly added: number;
  /** Other answers of the rater stood before; the log has both. */
  readonly changed: number;
  readonly unchanged: number;
  /** Rows without a ranking. */
  readonly empty: number;
}

interface ReadRow {
  readonly rater: string;
  readonly group: DreamGroup;
  readonly given: GivenAnswer;
}

/** A file larger than this is no sheet of verdicts. */
const fileBytesMax = 64 * 1024 * 1024;
const toldProblems = 5;

/** @throws {DreamlogError} `DATASET_INVALID` for a file that cannot be read, or is too large. */
export async function readVerdictFile(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size <= fileBytesMax) return await readFile(path);
    throw new Error(`it has ${size} bytes`);
  } catch (cause) {
    throw new DreamlogError(
      "DATASET_INVALID",
      `expected a file of verdicts of at most ${fileBytesMax} bytes at ${path}, found none that can be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      { path, fileBytesMax },
      cause,
    );
  }
}

/**
 * Takes raters' verdicts from CSV or JSON into a log, as a sitting of each rater. Every row is checked
 * before anything is written; the same file again adds nothing.
 *
 * @throws {DreamlogError} `DATASET_INVALID`, whose context lists every bad row as `problems`.
 */
export async function importVerdicts(
  open: Pick<OpenLog, "log" | "blobs">,
  run: DreamedRun,
  bytes: Uint8Array,
): Promise<ImportedVerdicts> {
  const rows = readVerdicts(bytes);
  const said = rows.filter(({ ranking }) => ranking !== "");
  const read = await readRows(open, run, said);
  const raters = [...new Set(read.map(({ rater }) => rater))].sort();
  const counts = { added: 0, changed: 0, unchanged: 0 };
  for (const rater of raters) {
    const standing = standingAnswers(await readAnswers(open.log, sittingsOf(run.settings, rater)));
    const sitting = await openSitting(open, run.settings, rater);
    for (const { group, given } of read.filter((row) => row.rater === rater)) {
      const before = standing.get(group.name)?.payload;
      const isSame =
        before?.ranking === given.ranking && before.shown.join() === given.shown.join();
      if (!isSame) await sitting.answer(group, given);
      counts[isSame ? "unchanged" : before === undefined ? "added" : "changed"] += 1;
    }
    await sitting.close();
  }
  return { raters, ...counts, empty: rows.length - said.length };
}

async function readRows(
  { log }: Pick<OpenLog, "log">,
  run: DreamedRun,
  rows: readonly PlacedRow[],
): Promise<readonly ReadRow[]> {
  const groups = dreamGroupsOf(log, run.settings);
  const problems: RowProblem[] = [];
  const read: ReadRow[] = [];
  const seen = new Map<string, number>();
  for (const row of rows) {
    const refuse = (name: keyof VerdictRow, message: string, offset = 0) => {
      const { line, columns } = row.place;
      problems.push({ line, column: columns === null ? null : columns[name] + offset, message });
    };
    const group = await groups.read(row.group);
    const key = `${row.rater}\n${row.group}`;
    const before = seen.get(key);
    if (group === null)
      refuse("group", `expected a group of run ${run.name}, found ${quoted(row.group)}`); // prettier-ignore
    else if (row.dreams !== groupMark(group))
      refuse("dreams", `expected ${groupMark(group)}, found ${quoted(row.dreams)}: the sheet shows dreams of another run`); // prettier-ignore
    else if (before !== undefined)
      refuse("rater", `expected one row a rater and group, found another in line ${before}`); // prettier-ignore
    else {
      seen.set(key, row.place.line);
      const answer = readRow(run, row, group, refuse);
      if (answer !== null) read.push(answer);
    }
  }
  if (problems.length === 0) return read;
  throw new DreamlogError("DATASET_INVALID", problemText(problems), { problems });
}

function readRow(
  run: DreamedRun,
  { sheet, rater, ranking }: VerdictRow,
  group: DreamGroup,
  refuse: (name: keyof VerdictRow, message: string, offset?: number) => void,
): ReadRow | null {
  let column: keyof VerdictRow = "rater";
  try {
    sittingsOf(run.settings, rater);
    column = "ranking";
    const isUnsure = ranking === "?";
    const text = isUnsure ? null : formatRanking(parseRanking(ranking, group.dreams.length));
    const shown = shownOrder(sheet, group);
    const answer = isUnsure ? "unsure" : "ranked";
    return { rater, group, given: { sheet, shown, answer, ranking: text, given: "sheet", tookMs: null } }; // prettier-ignore
  } catch (error) {
    if (!isDreamlogError(error)) throw error;
    const offset = error.context["column"];
    refuse(column, error.message, typeof offset === "number" ? offset - 1 : 0);
    return null;
  }
}

function problemText(problems: readonly RowProblem[]): string {
  const told = problems
    .slice(0, toldProblems)
    .map(({ line, column, message }) =>
      column === null ? `row ${line}: ${message}` : `line ${line}, column ${column}: ${message}`,
    );
  const more = problems.length - told.length;
  return [...told, ...(more > 0 ? [`and ${more} more rows`] : [])].join("\n");
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 60));
}
