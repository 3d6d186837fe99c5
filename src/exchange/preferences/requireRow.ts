import * as v from "valibot";
import { DreamlogError } from "../../core/errors.ts";
import { imageMark } from "./preferencePair.ts";

/** @throws {DreamlogError} `DATASET_INVALID` naming the first field that is not as `schema` says. */
export function requireShape<Schema extends v.GenericSchema>(
  format: string,
  schema: Schema,
  row: unknown,
): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, row);
  if (parsed.success) return parsed.output;
  const issue = parsed.issues[0];
  throw invalidRow(format, `${v.getDotPath(issue) ?? "(root)"}: ${issue.message}`);
}

/**
 * Takes the picture marks off the front of a question.
 *
 * @throws {DreamlogError} `DATASET_INVALID` unless there are as many as pictures, all in front.
 */
export function withoutImageMarks(format: string, text: string, imageCount: number): string {
  const marks = text.split(imageMark).length - 1;
  const front = imageMark.repeat(imageCount);
  if (marks === imageCount && text.startsWith(front)) return text.slice(front.length);
  throw invalidRow(
    format,
    `expected ${imageCount} × ${imageMark} in front of the question, one a picture, found ${marks}`,
  );
}

/** A preference says something only where its two answers differ. */
export function requireDifference(format: string, chosen: string, rejected: string): void {
  if (chosen === rejected) throw invalidRow(format, "the rejected answer is the chosen one");
  if (chosen === "" || rejected === "") throw invalidRow(format, "an answer is empty");
}

export function invalidRow(format: string, found: string): DreamlogError {
  return new DreamlogError(
    "DATASET_INVALID",
    `expected a row that the loader of ${format} accepts, found: ${found}`,
    { format, found },
  );
}

/** One JSON value a line, as trainers read `.jsonl`. */
export function encodeLines(rows: readonly object[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
}

/** @throws {DreamlogError} `DATASET_INVALID`. */
export function decodeLines(format: string, text: string): readonly unknown[] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line, at) => decodeJson(`${format}, line ${at + 1}`, line));
}

/** @throws {DreamlogError} `DATASET_INVALID`. */
export function decodeJson(where: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new DreamlogError(
      "DATASET_INVALID",
      `${where}: expected JSON, found ${JSON.stringify(text.slice(0, 80))}`,
      { where },
      cause,
    );
  }
}
