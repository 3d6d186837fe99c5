import type { SentFile } from "../../remote/videoRequest.ts";

/** An answer on its way out. */
export interface StandInReply extends SentFile {
  readonly status: number;
}
