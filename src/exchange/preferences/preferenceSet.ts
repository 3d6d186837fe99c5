import { DreamlogError } from "../../core/errors.ts";
import type { DatasetFolder } from "../datasetFolder.ts";
import type { PreferenceFormat, PreferencePair } from "./preferencePair.ts";

/** Where a pair comes from, so that a row that looks wrong can be looked up in its log. */
export interface PairOrigin {
  /** Id of the `learning.preferencesPaired` event. */
  readonly event: string;
  /** Which of the event's negatives was rejected. */
  readonly negative: number;
}

/**
 * Writes a preference set whose pictures are in the folder already, and reads it back as the trainer
 * would: what is returned was found in the files.
 *
 * @throws {DreamlogError} `DATASET_INVALID` for a pair that the trainer's loader would not take.
 */
export async function writePreferenceSet(
  folder: DatasetFolder,
  format: PreferenceFormat,
  pairs: readonly { readonly pair: PreferencePair; readonly origin: PairOrigin }[],
): Promise<readonly PreferencePair[]> {
  const rows = pairs.map(({ pair }) => format.rowOf(pair));
  await folder.write(format.fileName, format.encode(rows));
  for (const [name, text] of Object.entries(format.companions)) await folder.write(name, text);
  const origins = pairs.map(({ origin }, row) => `${JSON.stringify({ row, ...origin })}\n`);
  await folder.write("origins.jsonl", origins.join(""));
  return readPreferenceSet(folder, format);
}

/**
 * Reads a preference set under the rules of its trainer's loader.
 *
 * @throws {DreamlogError} `DATASET_INVALID` naming the row and the rule it breaks, or a picture that
 *   is not there.
 */
export async function readPreferenceSet(
  folder: DatasetFolder,
  format: PreferenceFormat,
): Promise<readonly PreferencePair[]> {
  const rows = format.decode(textOf(format.fileName, await folder.read(format.fileName)));
  const pairs = rows.map((row, at) => pairAt(format, row, at));
  for (const name of [...new Set(pairs.flatMap(({ images }) => images))].sort()) {
    if (await folder.has(name)) continue;
    throw new DreamlogError(
      "DATASET_INVALID",
      `expected the picture ${name} in ${folder.root}, found none; the data set is not whole`,
      { root: folder.root, name },
    );
  }
  return pairs;
}

function pairAt(format: PreferenceFormat, row: unknown, at: number): PreferencePair {
  try {
    return format.pairOf(row);
  } catch (error) {
    if (!(error instanceof DreamlogError)) throw error;
    const context = { ...error.context, row: at };
    throw new DreamlogError(error.code, `row ${at}: ${error.message}`, context, error);
  }
}

/** @throws {DreamlogError} `DATASET_INVALID` for bytes that are not UTF-8. */
function textOf(name: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new DreamlogError(
      "DATASET_INVALID",
      `${name}: expected UTF-8 text, found other bytes; convert the file`,
      { name },
      cause,
    );
  }
}
