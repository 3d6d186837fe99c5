import type { Position } from "../../events/envelope.ts";
import type { BlobStore } from "../../ports/blobStore.ts";
import type { EventLog } from "../../ports/eventLog.ts";
import type { Progress } from "../progress.ts";

/** What is exported, and where to. */
export interface ExportRequest {
  readonly log: EventLog;
  readonly blobs: BlobStore;
  /** Only sessions whose name starts so; all when empty. */
  readonly prefix: string;
  /** Events after it are as if they were not there. */
  readonly uptoPosition: Position;
  /** Folder of the data set. */
  readonly to: string;
  readonly progress: Progress;
  /** Aborted by Ctrl-C: the file under way ends whole, and the same command goes on from there. */
  readonly signal: AbortSignal;
}

/** What an export tells of itself, in the order it is shown. */
export interface ExportResult {
  readonly to: string;
  readonly counts: Readonly<Record<string, number>>;
  /** What to do with it next. */
  readonly next: string;
}
