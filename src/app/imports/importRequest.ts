import { basename, resolve } from "node:path";
import { DreamlogError } from "../../core/errors.ts";
import type { BlobStore } from "../../ports/blobStore.ts";
import type { EventLog } from "../../ports/eventLog.ts";
import type { Progress } from "../progress.ts";

/** What is imported. It is read before there is a log: what cannot be read leaves none behind. */
export interface ImportSource {
  readonly from: string;
  /** First part of the sessions' names; the folder's when left out. */
  readonly name?: string;
}

/** Where to. */
export interface ImportRequest {
  readonly log: EventLog;
  readonly blobs: BlobStore;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/**
 * First part of the names of what is imported. Parts of session names are set apart by "/" and belong
 * to runs by "+" and "~".
 *
 * @throws {DreamlogError} `ARGUMENT_INVALID`.
 */
export function importedName(source: ImportSource): string {
  const name = source.name ?? basename(resolve(source.from));
  if (/^[\w.=,: -]{1,100}$/.test(name)) return name;
  throw new DreamlogError(
    "ARGUMENT_INVALID",
    `expected a name of letters, digits and any of . _ - = , : found "${name.slice(0, 100)}"; give one with --name`,
    { name: name.slice(0, 100) },
  );
}
