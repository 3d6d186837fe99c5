import { mkdirSync } from "node:fs";
import { DreamlogError } from "../core/errors.ts";

/**
 * Makes the output folder before the work begins, so that a long run does not fail at its end.
 *
 * @throws {DreamlogError} `ARGUMENT_INVALID` when there can be no folder of that name.
 */
export function prepareOutputFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    const { code = "unknown" } = error as NodeJS.ErrnoException;
    throw new DreamlogError(
      "ARGUMENT_INVALID",
      `expected a folder to write to at ${path}, found that none can be made there (${code}); name another with --out`,
      { path, code },
      error,
    );
  }
}
