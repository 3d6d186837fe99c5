import type { Digest } from "../src/core/digest.ts";
import type { Position } from "../src/events/envelope.ts";
import type { LogTables } from "./logTables.ts";

/** Events whose chain digest is kept at most. */
const keptMax = 8192;

/**
 * Chain digests by position. Those of events that were read lately are at hand: most causes are among
 * them, and asking the tables for one takes as long as inserting its cause.
 */
export class RecentLinks {
  readonly #tables: Pick<LogTables, "linkAt">;
  readonly #digests = new Map<Position, Digest>();

  constructor(tables: Pick<LogTables, "linkAt">) {
    this.#tables = tables;
  }

  note(position: Position, chainDigest: Digest): void {
    if (this.#digests.size >= keptMax) this.forget();
    this.#digests.set(position, chainDigest);
  }

  /** @returns undefined where the log holds no event. */
  digestAt(position: Position): Digest | undefined {
    const known = this.#digests.get(position);
    if (known !== undefined) return known;
    const link = this.#tables.linkAt(position);
    if (link !== undefined) this.note(position, link.chainDigest);
    return link?.chainDigest;
  }

  forget(): void {
    this.#digests.clear();
  }
}
