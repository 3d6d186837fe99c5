/** One comparison as trainers take it: a question with pictures, an answer preferred to another. */
export interface PreferencePair {
  /** Question as text, without marks for the pictures, which all come before it. */
  readonly prompt: string;
  /** Names of the pictures in the data set's folder, in the order the prompt speaks of them. */
  readonly images: readonly string[];
  readonly chosen: string;
  readonly rejected: string;
}

/** How one trainer wants a preference set. */
export interface PreferenceFormat {
  readonly name: "llamafactory" | "swift" | "trl";
  /** File that holds the rows. */
  readonly fileName: string;
  rowOf(pair: PreferencePair): object;
  /**
   * Inverse of `rowOf`; reads what the trainer's own loader would accept and nothing else.
   *
   * @throws {DreamlogError} `DATASET_INVALID`, with the rule that the row breaks.
   */
  pairOf(row: unknown): PreferencePair;
  /** All rows as the file's text. */
  encode(rows: readonly object[]): string;
  /** @throws {DreamlogError} `DATASET_INVALID` for text that is not JSON. */
  decode(text: string): readonly unknown[];
  /** What a training needs beside the rows, by file name. */
  readonly companions: Readonly<Record<string, string>>;
  /** What to type to train on the set, in its folder. */
  readonly command: string;
}

export const imageMark = "<image>";

/** Marks that loaders replace wherever they stand in a text. */
const loaderMark =
  /<(\/?(?:start-image|image|video|audio|bbox|ref-object|cot-process))>|<(\|[^<>|]{1,64}\|)>/g;

/**
 * Task texts are written by people and may hold what a loader takes for a picture or a chat template
 * for the end of a turn. Such marks get other brackets, and keep their meaning for a reader.
 */
export function withoutLoaderMarks(text: string): string {
  return text.replace(
    loaderMark,
    (_, media?: string, control?: string) => `‹${media ?? control ?? ""}›`,
  );
}
