import type { NewEvent } from "../../src/events/envelope.ts";
import { openLogWriter } from "../../store/logWriter.ts";
import { openLog, type Durability, type OpenLog } from "../../store/openLog.ts";
import type { Contender } from "./measure.ts";
import { smallEvents } from "./smallEvents.ts";
import type { Workload } from "./workload.ts";

/** About a second of a camera. */
const maxFramesInFlight = 40;

export async function appendAll(
  { log }: Pick<OpenLog, "log">,
  events: readonly NewEvent[],
  batchSize: number,
): Promise<void> {
  for (let at = 0; at < events.length; at += batchSize) {
    await log.append(events.slice(at, at + batchSize));
  }
}

/** Everything an append does: schema, digests, chain, idempotency, rules, rows. */
export function logAppends(
  { events, newPath, remove, clock }: Workload,
  name: string,
  { batchSize, durability }: { readonly batchSize: number; readonly durability: Durability },
): Contender {
  return {
    name,
    prepare: () => {
      const path = newPath();
      const open = openLog({ path, clock, durability });
      return Promise.resolve({
        work: () => appendAll(open, events, batchSize),
        clean: async () => {
          await open.close();
          remove(path);
        },
      });
    },
  };
}

/** Events of a session of their own that warm a new thread's compiler up: two rounds, as this thread's has. */
const warmUpEvents = 40_000;

/** The same through the writer's thread, as a stream: what the calling thread hands over and waits for. */
export function streamOffers(
  { events, newPath, remove, clock }: Workload,
  name: string,
): Contender {
  return {
    name,
    prepare: async () => {
      const path = newPath();
      const writer = await openLogWriter({ path, clock });
      const offerAll = async ([first, ...rest]: readonly NewEvent[]) => {
        const { session } = first!;
        await writer.log.append([first!]);
        const stream = writer.stream({ session, name: "bench", policy: "block" });
        for (const event of rest) await stream.offer(event);
        await stream.flush();
      };
      await offerAll(smallEvents(warmUpEvents, "warm-up"));
      return {
        work: () => offerAll(events),
        clean: async () => {
          await writer.close();
          remove(path);
        },
      };
    },
  };
}

export function logReads({ events, readPage, clock }: Workload, path: string): Contender {
  return {
    name: "log.read, pages of 1000",
    prepare: () => {
      const open = openLog({ path, clock, mode: "readonly" });
      return Promise.resolve({
        work: async () => {
          for (let after = 0; after < events.length; after += readPage) {
            await open.log.read({ afterPosition: after, limit: readPage });
          }
        },
        clean: () => open.close(),
      });
    },
  };
}

/** Events by session and seq, in no order of theirs. */
export function logLookUps(
  { events, clock }: Workload,
  path: string,
  seqs: readonly number[],
): Contender {
  return {
    name: "log.getBySeq",
    prepare: () => {
      const open = openLog({ path, clock, mode: "readonly" });
      const { session } = events[0]!;
      return Promise.resolve({
        work: async () => {
          for (const seq of seqs) {
            if ((await open.log.getBySeq(session, seq)) === undefined)
              throw new Error(`no event ${seq}`);
          }
        },
        clean: () => open.close(),
      });
    },
  };
}

/** Frames with their digests; some wait for the thread while it works, as a camera's do. */
export function framePuts(
  { frames, newPath, remove, clock }: Workload,
  name: string,
  largeBlobs: "inside" | "beside",
): Contender {
  return {
    name,
    prepare: async () => {
      const path = newPath();
      const writer = await openLogWriter({ path, clock, largeBlobs });
      // A buffer that is given away is gone: each round has its own, as a camera would hand them over.
      const given = frames.map((frame) => new Uint8Array(frame));
      return {
        work: async () => {
          for (let at = 0; at < given.length; at += maxFramesInFlight) {
            const some = given.slice(at, at + maxFramesInFlight);
            await Promise.all(some.map((frame) => writer.putTransferred(frame, "image/x-rgb24")));
          }
        },
        clean: async () => {
          await writer.close();
          remove(path);
        },
      };
    },
  };
}
