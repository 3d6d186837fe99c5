import { DreamlogError } from "../../core/errors.ts";

/**
 * Names are parts of session names, in which "/", "+" and "~" set parts apart.
 *
 * @throws {DreamlogError} `ARGUMENT_INVALID`.
 */
export function requireBranchName(name: string): void {
  if (/^[\w.=,:-]+$/.test(name)) return;
  throw new DreamlogError(
    "ARGUMENT_INVALID",
    `expected a branch name of letters, digits and any of . _ - = , : found "${name}"`,
    { name },
  );
}

/** A name from what a branch does; the folders of a path and signs that no name has are left out. */
export function branchNameFrom(text: string): string {
  return text.replace(/path=[^,]*\//, "path=").replaceAll(/[^\w.=,:-]/g, "-");
}
