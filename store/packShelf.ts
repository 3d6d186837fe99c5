import type { Position } from "../src/events/envelope.ts";
import type { EventPack } from "./eventPack.ts";

/** Packs that are kept at most, by position and by seq each: some megabytes in all. */
const slotCount = 512;
/** Spreads the sessions of a log over the slots. */
const sessionStride = 31;

type Slots = (EventPack | undefined)[];
type Holds = (pack: EventPack) => boolean;

/** Positions count through the whole log, seqs through a session. */
const wholeLog = 0;

/**
 * Packs that were looked into lately, so that what is read again, or stands beside it, is neither
 * fetched nor decoded anew. A pack never changes; one that comes later may take another's slot.
 */
export interface PackShelf {
  at(position: Position): EventPack | undefined;
  withSeq(session: number, seq: number): EventPack | undefined;
  keep(pack: EventPack): void;
  clear(): void;
}

/** @param packEvents - of a full pack; a pack with more is kept and seldom found. */
export function createPackShelf(packEvents: number): PackShelf {
  const byPosition: Slots = [];
  const bySeq: Slots = [];
  const blockOf = (number: number) => Math.floor(number / packEvents);
  const slotOf = (block: number, session: number) => (block + session * sessionStride) % slotCount;
  /** A pack lies in the slot of the block that it begins in, and reaches into the next at most. */
  const find = (slots: Slots, number: number, session: number, holds: Holds) =>
    [blockOf(number), blockOf(number) - 1]
      .filter((block) => block >= 0)
      .map((block) => slots[slotOf(block, session)])
      .find((pack) => pack !== undefined && holds(pack));
  return {
    at: (position) =>
      find(byPosition, position, wholeLog, ({ firstPosition, count }) =>
        isWithin(position, firstPosition, count),
      ),
    withSeq: (session, seq) =>
      find(
        bySeq,
        seq,
        session,
        (pack) => pack.session === session && isWithin(seq, pack.firstSeq, pack.count),
      ),
    keep(pack) {
      byPosition[slotOf(blockOf(pack.firstPosition), wholeLog)] = pack;
      bySeq[slotOf(blockOf(pack.firstSeq), pack.session)] = pack;
    },
    clear() {
      byPosition.length = 0;
      bySeq.length = 0;
    },
  };
}

function isWithin(number: number, first: number, count: number): boolean {
  return number >= first && number < first + count;
}
