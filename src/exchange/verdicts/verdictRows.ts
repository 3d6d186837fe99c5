import * as v from "valibot";
import { DreamlogError } from "../../core/errors.ts";
import { readCsv, writeCsv, type CsvCell } from "./csvTable.ts";

/** What a rater said of one group of dreams, as files carry it. */
export interface VerdictRow {
  /** Names the shuffle by which dreams got their letters. */
  readonly sheet: string;
  /** Such as `rope/00003`. */
  readonly group: string;
  /** Mark of the pictures that were shown. */
  readonly dreams: string;
  readonly rater: string;
  /** Such as `C > A = B`; `?` for a rater who could not tell; empty where nothing was said. */
  readonly ranking: string;
}

/** Where a row stands: in a CSV file by line and column, in a JSON file by the number of the row. */
export interface RowPlace {
  /** From 1. */
  readonly line: number;
  /** Of each cell, from 1; null in JSON, which has names. */
  readonly columns: Readonly<Record<keyof VerdictRow, number>> | null;
}

export type PlacedRow = VerdictRow & { readonly place: RowPlace };

export const verdictColumns = ["sheet", "group", "dreams", "rater", "ranking"] as const;

const RowsSchema = v.array(v.object(Object.fromEntries(verdictColumns.map((name) => [name, v.string()])) as Record<keyof VerdictRow, v.StringSchema<undefined>>)); // prettier-ignore

export function writeVerdictsCsv(rows: readonly VerdictRow[]): string {
  return writeCsv([verdictColumns, ...rows.map((row) => verdictColumns.map((name) => row[name]))]);
}

export function writeVerdictsJson(rows: readonly VerdictRow[]): string {
  const ordered = rows.map((row) =>
    JSON.stringify(Object.fromEntries(verdictColumns.map((name) => [name, row[name]]))),
  );
  return `[\n${ordered.map((row) => `  ${row}`).join(",\n")}\n]\n`;
}

/**
 * Reads verdicts from CSV or JSON, whichever the text is. Further columns are left alone.
 *
 * @param bytes - UTF-8.
 * @throws {DreamlogError} `DATASET_INVALID` with `line` and `column` where there are any.
 */
export function readVerdicts(bytes: Uint8Array): readonly PlacedRow[] {
  const text = utf8Text(bytes);
  return /^\ufeff?\s*[[{]/.test(text) ? fromJson(text) : fromCsv(text);
}

function fromCsv(text: string): PlacedRow[] {
  const [head, ...rows] = readCsv(text);
  const names = (head ?? []).map((cell) => cell.text.trim().toLowerCase());
  const missing = verdictColumns.filter((name) => !names.includes(name));
  if (head === undefined || missing.length > 0) {
    throw invalid(1, 1, `a first line that names ${verdictColumns.join(", ")}`, `none of ${missing.join(", ")}`); // prettier-ignore
  }
  const twice = verdictColumns.find((name) => names.indexOf(name) !== names.lastIndexOf(name));
  if (twice !== undefined) {
    throw invalid(1, head[names.lastIndexOf(twice)]!.column, "each column once", `${twice} again`);
  }
  const cellOf = (row: readonly CsvCell[], name: string): CsvCell => {
    const cell = row[names.indexOf(name)];
    if (cell !== undefined) return cell;
    const last = row.at(-1)!;
    throw invalid(last.line, last.column, `${head.length} cells`, `${row.length}`);
  };
  return rows.map((row) => {
    const cells = verdictColumns.map((name) => [name, cellOf(row, name)] as const);
    const values = Object.fromEntries(cells.map(([name, cell]) => [name, cell.text.trim()]));
    const columns = Object.fromEntries(cells.map(([name, cell]) => [name, cell.column]));
    const place = { line: row[0]!.line, columns: columns as Record<keyof VerdictRow, number> };
    return { ...(values as unknown as VerdictRow), place };
  });
}

function fromJson(text: string): PlacedRow[] {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ""));
  } catch (cause) {
    throw new DreamlogError("DATASET_INVALID", `expected a JSON list of verdicts, found ${String(cause)}`, {}, cause); // prettier-ignore
  }
  const rows = v.safeParse(RowsSchema, value);
  if (rows.success) {
    return rows.output.map((row, at) => ({ ...row, place: { line: at + 1, columns: null } }));
  }
  const [issue] = rows.issues;
  const path = v.getDotPath(issue) ?? "the list";
  throw new DreamlogError(
    "DATASET_INVALID",
    `expected rows of ${verdictColumns.join(", ")} as text, found ${issue.received} at ${path}`,
    { path },
  );
}

function utf8Text(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    const { line, column } = firstForeignByte(bytes);
    throw new DreamlogError(
      "DATASET_INVALID",
      `line ${line}, column ${column}: expected text in UTF-8, found bytes that are none; save the sheet as CSV UTF-8`,
      { line, column },
      cause,
    );
  }
}

/** The first place after which no beginning of the file is UTF-8 any more. */
function firstForeignByte(bytes: Uint8Array): { readonly line: number; readonly column: number } {
  // What cannot be read becomes U+FFFD, which no sheet has of itself before that place.
  const readable = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes).split("\ufffd")[0]!;
  const lines = readable.split("\n");
  return { line: lines.length, column: lines.at(-1)!.length + 1 };
}

function invalid(line: number, column: number, expected: string, found: string): DreamlogError {
  return new DreamlogError(
    "DATASET_INVALID",
    `line ${line}, column ${column}: expected ${expected}, found ${found}`,
    { line, column, expected, found },
  );
}
