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
  // Lists, the least lately used item first, and not maps: a map that is written to again and again
  // leaves tables behind that hold what it held, until the whole heap is searched for garbage.
  const kept: { readonly name: string; readonly item: Item }[] = [];
  const coming: { readonly name: string; readonly item: Promise<Item> }[] = [];
  let bytes = 0;
  const take = (name: string): Item | undefined => {
    const at = kept.findLastIndex((each) => each.name === name);
    if (at < 0) return undefined;
    const [{ item }] = kept.splice(at, 1) as [(typeof kept)[number]];
    bytes -= bytesOf(item);
    return item;
  };
  const keep = (ref: MediaRef, item: Item) => {
    const name = nameOf(ref);
    take(name);
    kept.push({ name, item });
    bytes += bytesOf(item);
    while (bytes > keptBytesMax) bytes -= bytesOf(kept.shift()!.item);
  };
  const comingOf = (name: string) => coming.find((each) => each.name === name)?.item;
  const begin = (
    absent: ReadonlyMap<string, MediaRef>,
    load: (absent: readonly MediaRef[]) => Promise<readonly Item[]>,
  ) => {
    const loading = load([...absent.values()]);
    for (const [at, [name, ref]] of [...absent].entries()) {
      const loaded = loading.then((items) => {
        keep(ref, items[at]!);
        return items[at]!;
      });
      const arrive = () => void coming.splice(coming.indexOf(awaited), 1);
      const awaited = { name, item: loaded.finally(arrive) };
      coming.push(awaited);
    }
  };
  return {
    keep,
    async getAll(refs, load) {
      const absent = new Map<string, MediaRef>();
      const known = refs.map((ref) => {
        const name = nameOf(ref);
        const item = take(name);
        if (item !== undefined) {
          keep(ref, item);
          return Promise.resolve(item);
        }
        const alone = async () => (await load([ref]))[0]!;
        const begun = comingOf(name)?.catch(alone);
        if (begun === undefined) absent.set(name, ref);
        return begun;
      });
      if (absent.size > 0) begin(absent, load);
      return Promise.all(refs.map((ref, at) => known[at] ?? comingOf(nameOf(ref))!));
    },
  };
}

/** By bytes and samples both: only what these bytes were decoded to is known to be what they hold. */
function nameOf({ blob, decoded }: MediaRef): string {
  return `${blob.digest} ${decoded}`;
}
