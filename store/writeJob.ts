import type { Producer } from "../src/events/envelope.ts";
import type { BlobRef } from "../src/events/media.ts";
import type { PortableError } from "../src/workers/serve.ts";
import type { Durability } from "./openLog.ts";
import type { WireBatch } from "./wireEvents.ts";

/** What the writing thread is started with. */
export interface WriteSetup {
  readonly path: string;
  readonly durability: Durability;
  readonly mode: "create" | "existing";
  readonly largeBlobs: "inside" | "beside";
}

/** One thing to write. Requests of a job share a transaction; each is stored whole or not at all. */
export type WriteRequest =
  | {
      /** Answered by the stored events. */
      readonly kind: "append";
      readonly events: WireBatch;
      readonly expectedSeq: number | null;
    }
  | {
      /** Events of streams: one that is refused takes no other with it. */
      readonly kind: "stream";
      readonly events: WireBatch;
    }
  | { readonly kind: "blob"; readonly bytes: Uint8Array; readonly mediaType: string };

export type WriteOutcome =
  | { readonly kind: "appended"; readonly bytes: Uint8Array<ArrayBuffer> }
  | {
      readonly kind: "streamed";
      readonly refused: readonly { readonly at: number; readonly error: PortableError }[];
    }
  | { readonly kind: "blob"; readonly ref: BlobRef }
  | { readonly kind: "failed"; readonly error: PortableError };

export interface WriteJob {
  /** That the thread has not been told of, in order of their numbers. */
  readonly producers: readonly Producer[];
  readonly requests: readonly WriteRequest[];
  /** Closes the file after this job, so that nothing is left in its write-ahead log. */
  readonly isLast: boolean;
}
