import { DreamlogError } from "../../core/errors.ts";

/** A cell with its place in the file, both from 1; columns count characters. */
export interface CsvCell {
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

/** Longer rows are no spreadsheet's. */
const rowLengthMax = 65_536;

/**
 * Reads comma-separated values after RFC 4180, as spreadsheets write them: a byte order mark, either
 * line end, quoted cells with doubled quotes, and semicolons where the first line has more of them.
 *
 * @returns the rows that are not empty.
 * @throws {DreamlogError} `DATASET_INVALID` with `line` and `column`.
 */
export function readCsv(text: string): readonly (readonly CsvCell[])[] {
  const source = text.startsWith("\ufeff") ? text.slice(1) : text;
  const separator = separatorOf(source);
  const rows: CsvCell[][] = [];
  let row: CsvCell[] = [];
  const cursor = { at: 0, line: 1, lineStart: 0, rowStart: 0 };
  while (cursor.at < source.length) {
    row.push(readCell(source, separator, cursor));
    const end = source[cursor.at];
    if (end === separator) {
      cursor.at += 1;
      // A separator at the very end is followed by one more cell, which is empty.
      if (cursor.at < source.length) continue;
      row.push({ text: "", line: cursor.line, column: cursor.at - cursor.lineStart + 1 });
    }
    if (source[cursor.at] === "\r") cursor.at += 1;
    if (source[cursor.at] === "\n") {
      cursor.at += 1;
      cursor.line += 1;
      cursor.lineStart = cursor.at;
    }
    cursor.rowStart = cursor.at;
    if (row.some((cell) => cell.text !== "")) rows.push(row);
    row = [];
  }
  return rows;
}

/** Writes rows as `readCsv` reads them. */
export function writeCsv(rows: readonly (readonly string[])[]): string {
  const cell = (text: string) =>
    /[",;\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  return rows.map((row) => `${row.map(cell).join(",")}\n`).join("");
}

interface Cursor {
  at: number;
  line: number;
  lineStart: number;
  rowStart: number;
}

function readCell(source: string, separator: string, cursor: Cursor): CsvCell {
  const place = { line: cursor.line, column: cursor.at - cursor.lineStart + 1 };
  if (source[cursor.at] === '"') return { ...place, text: readQuoted(source, separator, cursor) };
  const start = cursor.at;
  while (cursor.at < source.length && !`${separator}\r\n`.includes(source[cursor.at]!)) {
    if (source[cursor.at] === '"') throw csvInvalid(cursor, 'a cell that is quoted whole, found a quote within one'); // prettier-ignore
    cursor.at += 1;
    requireRoom(cursor);
  }
  return { ...place, text: source.slice(start, cursor.at) };
}

function readQuoted(source: string, separator: string, cursor: Cursor): string {
  const opened = { ...cursor };
  let text = "";
  for (cursor.at += 1; cursor.at < source.length; cursor.at++) {
    requireRoom(cursor);
    const sign = source[cursor.at]!;
    if (sign === '"' && source[cursor.at + 1] !== '"') {
      cursor.at += 1;
      const after = source[cursor.at];
      if (after === undefined || `${separator}\r\n`.includes(after)) return text;
      throw csvInvalid(cursor, `the end of the cell after its closing quote, found ${JSON.stringify(after)}`); // prettier-ignore
    }
    if (sign === '"') cursor.at += 1;
    if (sign === "\n") {
      cursor.line += 1;
      cursor.lineStart = cursor.at + 1;
    }
    text += sign;
  }
  throw csvInvalid(opened, "a quoted cell that is closed, found the end of the file");
}

function separatorOf(source: string): string {
  const first = source.slice(0, source.search(/[\r\n]|$/));
  const count = (sign: string) => first.split(sign).length;
  return count(";") > count(",") ? ";" : ",";
}

function requireRoom(cursor: Cursor): void {
  if (cursor.at - cursor.rowStart <= rowLengthMax) return;
  throw csvInvalid(cursor, `a row of at most ${rowLengthMax} characters, found a longer one`);
}

function csvInvalid({ at, line, lineStart }: Cursor, what: string): DreamlogError {
  const column = at - lineStart + 1;
  return new DreamlogError("DATASET_INVALID", `line ${line}, column ${column}: expected ${what}`, {
    line,
    column,
  });
}
