import { basename } from "node:path";
import { DreamlogError } from "../../core/errors.ts";
import type { BlobStore } from "../../ports/blobStore.ts";
import type { EventLog } from "../../ports/eventLog.ts";
import type { Progress } from "../progress.ts";

/** What is imported, and where to. */
export interface ImportRequest {
  readonly log: EventLog;
  readonly blobs: BlobStore;
  readonly from: string;
  /** First part of the sessions' names; the folder's when left out. */
  readonly name?: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/**
 * First part of the names of what is imported. Parts of session names are set apart by "/" and belong
 * to runs by "+" and "~".
 *
 * @throws {DreamlogError} `ARGUMENT_INVALID`.
 */
export function importedName(request: Pick<ImportRequest, "from" | "name">): string {
  const name = request.name ?? basename(request.from);
  if (/^[\w.=,: -]{1,100}$/.test(name)) return name;
  throw new DreamlogError(
    "ARGUMENT_INVALID",
    `expected a name of letters, digits and any of . _ - = , : found "${name.slice(0, 100)}"; give one with --name`,
    { name: name.slice(0, 100) },
  );
}
