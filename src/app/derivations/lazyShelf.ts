/** Things by name, built when they are first asked for. */
export interface LazyShelf<Item> {
  get(name: string, build: () => Item | Promise<Item>): Promise<Item>;
  /** Lets go of everything. */
  clear(): Promise<void>;
}

/**
 * @param keptMax - beyond so many the least lately asked one is let go.
 * @param letGo - releases what is not kept any more; nobody uses it then.
 */
export function createLazyShelf<Item>(
  keptMax: number,
  letGo: (item: Item) => void | Promise<void> = () => undefined,
): LazyShelf<Item> {
  const kept = new Map<string, Promise<Item>>();
  const drop = async (name: string) => {
    const item = kept.get(name);
    kept.delete(name);
    // One that could not be built has nothing to let go of; who asked for it was told.
    const built = await item?.catch(() => undefined);
    if (built !== undefined) await letGo(built);
  };
  return {
    async get(name, build) {
      const item = kept.get(name) ?? (async () => build())();
      kept.delete(name);
      kept.set(name, item);
      const [oldest] = kept.keys();
      if (kept.size > keptMax && oldest !== undefined) await drop(oldest);
      return item;
    },
    async clear() {
      for (const name of [...kept.keys()]) await drop(name);
    },
  };
}
