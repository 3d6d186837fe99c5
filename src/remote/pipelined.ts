/**
 * Works through items in order while several are under way: as many are begun as `window` allows
 * before the first of them is finished. Beginnings and endings take turns on the caller's thread and
 * depend on nothing but the number of items and the window, so what they write is written in one
 * order, whichever answer arrives first.
 *
 * @param steps.begin - starts something that goes on by itself.
 * @param steps.finish - waits for it and keeps what came of it.
 * @param steps.keep - called for what is still under way once a step has thrown, so that no answer
 *   that was paid for is lost; what it throws is passed over in favour of what was thrown first.
 */
export async function pipelined<Item, Begun, Result>(
  items: readonly Item[],
  window: number,
  steps: {
    readonly begin: (item: Item, index: number) => Promise<Begun>;
    readonly finish: (begun: Begun) => Promise<Result>;
    readonly keep: (begun: Begun) => Promise<unknown>;
  },
): Promise<readonly Result[]> {
  const underWay: Begun[] = [];
  const results: Result[] = [];
  try {
    for (const [index, item] of items.entries()) {
      underWay.push(await steps.begin(item, index));
      if (underWay.length === window) results.push(await steps.finish(underWay.shift()!));
    }
    while (underWay.length > 0) results.push(await steps.finish(underWay.shift()!));
    return results;
  } catch (error) {
    for (const begun of underWay) await steps.keep(begun).catch(() => undefined);
    throw error;
  }
}
