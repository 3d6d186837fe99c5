import type { Contender } from "./measure.ts";
import type { Workload } from "./workload.ts";

/** What is used of @event-driven-io/emmett-sqlite. */
export interface EmmettSqlite {
  readonly getSQLiteEventStore: (options: { readonly fileName: string }) => {
    appendToStream(
      stream: string,
      events: readonly { readonly type: string; readonly data: unknown }[],
    ): Promise<unknown>;
    close?(): Promise<void>;
  };
}

/** The same events and batches into one stream; the store keeps them as JSON. */
export function emmettAppends(
  { events, batchSize, newPath, remove }: Workload,
  { getSQLiteEventStore }: EmmettSqlite,
): Contender {
  return {
    name: "emmett-sqlite appendToStream",
    prepare: async () => {
      const path = newPath();
      const store = getSQLiteEventStore({ fileName: path });
      const messages = events.map(({ type, payload, ...envelope }) => ({
        type,
        data: { ...envelope, payload: JSON.parse(JSON.stringify(payload, listed)) as unknown },
      }));
      // Makes the tables, outside the time.
      await store.appendToStream("warm-up", messages.slice(0, 1));
      return {
        work: async () => {
          for (let at = 0; at < messages.length; at += batchSize)
            await store.appendToStream("bench", messages.slice(at, at + batchSize));
        },
        clean: async () => {
          await store.close?.();
          remove(path);
        },
      };
    },
  };
}

/** JSON has no typed arrays. */
function listed(_key: string, value: unknown): unknown {
  return value instanceof Float32Array ? [...value] : value;
}
