import type { MediaRef } from "../events/media.ts";

/** Decoded things by reference: those used lately, and those on their way. */
export interface KeptMedia<Item> {
  keep(ref: MediaRef, item: Item): void;
  /**
   * Those neither at hand nor on their way are loaded, all in one call of `load`. What somebody else
   * began to load and failed at is loaded alone: it may have failed for another one's sake.
   *
   * @throws what `load` throws.
   */
  getAll(
    refs: readonly MediaRef[],
    load: (absent: readonly MediaRef[]) => Promise<readonly Item[]>,
  ): Promise<readonly Item[]>;
}

/**
 * @param bytesOf - what an item takes.
 * @param keptBytesMax - beyond it the least lately used items are dropped.
 */
export function createKeptMedia<Item>(
  bytesOf: (item: Item) => number,
  keptBytesMax: number,
): KeptMedia<Item> {
  const kept = new Map<string, Item>();
  const coming = new Map<string, Promise<Item>>();
  let bytes = 0;
  const keep = (ref: MediaRef, item: Item) => {
    const name = nameOf(ref);
    if (!kept.delete(name)) bytes += bytesOf(item);
    // A map keeps the order in which keys came, so the oldest use comes first.
    kept.set(name, item);
    for (const [oldest, dropped] of kept) {
      if (bytes <= keptBytesMax) return;
      kept.delete(oldest);
      bytes -= bytesOf(dropped);
    }
  };
  const begin = (
    absent: ReadonlyMap<string, MediaRef>,
    load: (absent: readonly MediaRef[]) => Promise<readonly Item[]>,
  ) => {
    const loading = load([...absent.values()]);
    for (const [at, [name, ref]] of [...absent].entries()) {
      const item = loading.then((items) => {
        keep(ref, items[at]!);
        return items[at]!;
      });
      coming.set(
        name,
        item.finally(() => coming.delete(name)),
      );
    }
  };
  return {
    keep,
    async getAll(refs, load) {
      const absent = new Map<string, MediaRef>();
      const known = refs.map((ref) => {
        const name = nameOf(ref);
        const item = kept.get(name);
        if (item !== undefined) {
          keep(ref, item);
          return Promise.resolve(item);
        }
        const alone = async () => (await load([ref]))[0]!;
        const begun = coming.get(name)?.catch(alone);
        if (begun === undefined) absent.set(name, ref);
        return begun;
      });
      if (absent.size > 0) begin(absent, load);
      return Promise.all(refs.map((ref, at) => known[at] ?? coming.get(nameOf(ref))!));
    },
  };
}

/** By bytes and samples both: only what these bytes were decoded to is known to be what they hold. */
function nameOf({ blob, decoded }: MediaRef): string {
  return `${blob.digest} ${decoded}`;
}
