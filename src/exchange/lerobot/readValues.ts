import { DreamlogError } from "../../core/errors.ts";

/*
 * Values of data sets that nobody vouches for.
 */

/** A row of a table, by column. */
export type Row = Readonly<Record<string, unknown>>;

/** NaN for what is no number: nothing, a text, a list. */
export function numberOf(cell: unknown): number {
  return ["number", "bigint", "boolean"].includes(typeof cell) ? Number(cell) : NaN;
}

/** @throws {DreamlogError} `DATASET_INVALID` unless the cell is a whole number from 0. */
export function requireWhole(where: string, row: Row, name: string): number {
  const value = Number(row[name]);
  if (row[name] !== null && Number.isSafeInteger(value) && value >= 0) return value;
  throw invalid(where, `${name} is ${String(row[name])} where a count is needed`);
}

/** What a Parquet reader cannot read as UTF-8 it replaces, and says nothing. */
export function textsOf(where: string, value: unknown): readonly string[] {
  const texts = Array.isArray(value) ? value.map(String) : [];
  const damaged = texts.find((text) => text.includes("\ufffd"));
  if (damaged === undefined) return texts;
  throw invalid(where, `a task that is no text in UTF-8: ${JSON.stringify(damaged.slice(0, 80))}`);
}

/** @throws {DreamlogError} `DATASET_INVALID`. */
export function requireObject(where: string, value: unknown): Row {
  if (value !== null && typeof value === "object" && !Array.isArray(value)) return value as Row;
  throw invalid(where, `${JSON.stringify(value).slice(0, 80)} where an object is needed`);
}

/** @throws {DreamlogError} `DATASET_INVALID` for bytes that are no JSON in UTF-8. */
export function jsonOf(name: string, bytes: Uint8Array): unknown {
  const text = utf8Of(name, bytes);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid(
      name,
      `no JSON: ${cause instanceof Error ? cause.message : String(cause)}`,
      cause,
    );
  }
}

/** @throws {DreamlogError} `DATASET_INVALID`. */
export function utf8Of(name: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw invalid(name, "bytes that are no text in UTF-8", cause);
  }
}

/** @param where - file of the data set. @param found - in it, in place of what was expected. */
export function invalid(where: string, found: string, cause?: unknown): DreamlogError {
  return new DreamlogError(
    "DATASET_INVALID",
    `${where}: expected a whole LeRobot data set of version 2.1 or 3.0, found ${found}; download it again, or convert it with LeRobot's own tools`,
    { where, found },
    cause,
  );
}
