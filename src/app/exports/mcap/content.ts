import type { McapMessage } from "../../../exchange/mcap/mcapFile.ts";

/** A message but for its times. */
export type Content = Pick<McapMessage, "topic" | "schema" | "content">;

/** One of many moments that an event tells of; its message is made when it is written. */
export interface Sample {
  /** By the source's clock, and by that of the machine that recorded it. */
  readonly timeUs: number;
  readonly logTimeUs: number;
  readonly content: () => Content | Promise<Content>;
}
