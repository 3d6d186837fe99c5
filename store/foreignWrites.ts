import type Database from "better-sqlite3";

/** Between two looks for other connections' appends, while somebody follows. */
const watchIntervalMs = 20;

/** Notices what other connections, of this process or another, write to the file. */
export interface ForeignWrites {
  /** SQLite's data version: another number after every commit that is not this connection's. */
  readonly version: () => number;
  /** One timer serves all listeners, and keeps the process alive while somebody follows. */
  readonly watch: (listener: () => void) => () => void;
  readonly stop: () => void;
}

export function createForeignWrites(database: Database.Database): ForeignWrites {
  const dataVersion = database.prepare<[], number>("PRAGMA data_version").pluck();
  const version = () => dataVersion.get() ?? 0;
  // By subscription: the same function may listen twice.
  const listeners = new Map<symbol, () => void>();
  let timer: NodeJS.Timeout | undefined;
  let seen = 0;

  const stop = () => {
    clearInterval(timer);
    timer = undefined;
  };
  const look = () => {
    const now = version();
    if (now === seen) return;
    seen = now;
    for (const listener of [...listeners.values()]) listener();
  };
  return {
    version,
    watch(listener) {
      const subscription = Symbol("listener");
      listeners.set(subscription, listener);
      if (timer === undefined) {
        seen = version();
        timer = setInterval(look, watchIntervalMs);
      }
      return () => {
        listeners.delete(subscription);
        if (listeners.size === 0) stop();
      };
    },
    stop,
  };
}
