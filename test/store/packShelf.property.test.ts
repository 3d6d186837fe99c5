import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EventPack } from "../../store/eventPack.ts";
import { createPackShelf } from "../../store/packShelf.ts";

const packEvents = 8;
const packCounts = fc.array(
  fc.record({ count: fc.integer({ min: 1, max: 2 * packEvents }), session: fc.nat({ max: 3 }) }),
  { minLength: 1, maxLength: 400 },
);

/** Packs one behind the other, as a log holds them. */
function packsOf(counts: readonly { readonly count: number; readonly session: number }[]) {
  const nextSeq = new Map<number, number>();
  let firstPosition = 1;
  return counts.map(({ count, session }): EventPack => {
    const firstSeq = nextSeq.get(session) ?? 0;
    const pack = { firstPosition, session, firstSeq, count, ids: [], eventAt: () => expect.fail() };
    nextSeq.set(session, firstSeq + count);
    firstPosition += count;
    return pack;
  });
}

describe("the shelf of packs", () => {
  it("answers the pack that holds what is asked for, or nothing, whatever was kept before", () => {
    fc.assert(
      fc.property(packCounts, fc.infiniteStream(fc.nat()), (counts, picks) => {
        const packs = packsOf(counts);
        const shelf = createPackShelf(packEvents);
        for (let step = 0; step < 100; step++) {
          const pick = () => picks.next().value as number;
          shelf.keep(packs[pick() % packs.length]!);
          const asked = packs[pick() % packs.length]!;
          const at = pick() % asked.count;
          const inLog = shelf.at(asked.firstPosition + at);
          const inSession = shelf.withSeq(asked.session, asked.firstSeq + at);
          expect([asked, undefined]).toContain(inLog);
          expect([asked, undefined]).toContain(inSession);
        }
      }),
    );
  });

  it("finds every event of a pack of usual size that was kept last", () => {
    fc.assert(
      fc.property(packCounts, (counts) => {
        const shelf = createPackShelf(packEvents);
        for (const pack of packsOf(counts).filter(({ count }) => count <= packEvents)) {
          shelf.keep(pack);
          for (let at = 0; at < pack.count; at++) {
            expect(shelf.at(pack.firstPosition + at)).toBe(pack);
            expect(shelf.withSeq(pack.session, pack.firstSeq + at)).toBe(pack);
          }
        }
        shelf.clear();
        expect(shelf.at(1)).toBeUndefined();
      }),
    );
  });
});
