import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { createInFlightLimit } from "../../src/remote/inFlightLimit.ts";
import { pipelined } from "../../src/remote/pipelined.ts";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Waits so many turns of the event loop. */
async function wait(turns: number): Promise<void> {
  for (let passed = 0; passed < turns; passed++) await turn();
}

const turnsOfEach = fc.array(fc.nat(6), { maxLength: 12 });
const most = fc.integer({ min: 1, max: 5 });

describe("a limit of what is in flight", () => {
  test.prop([turnsOfEach, most])(
    "is never passed and keeps nobody waiting for ever",
    async (turns, max) => {
      const withinLimit = createInFlightLimit(max);
      let [inFlight, seen] = [0, 0];
      const work = turns.map((each) =>
        withinLimit(async () => {
          seen = Math.max(seen, ++inFlight);
          await wait(each);
          inFlight -= 1;
          if (each === 3) throw new Error("three");
          return each;
        }),
      );
      const ended = await Promise.allSettled(work);
      expect(seen).toBeLessThanOrEqual(max);
      expect(ended.map(({ status }) => status === "fulfilled")).toEqual(
        turns.map((each) => each !== 3),
      );
    },
  );
});

describe("a pipeline", () => {
  test.prop([turnsOfEach, most])(
    "writes in one order, whichever item is done first",
    async (turns, window) => {
      const write = async (times: readonly number[]) => {
        const written: string[] = [];
        const results = await pipelined(times, window, {
          begin(each, index) {
            written.push(`begin ${index}`);
            return Promise.resolve({ index, done: wait(each).then(() => index) });
          },
          async finish({ index, done }) {
            await done;
            written.push(`finish ${index}`);
            return index;
          },
          keep: ({ done }) => done,
        });
        expect(results).toEqual(times.map((_, index) => index));
        return written;
      };
      expect(await write(turns)).toEqual(await write(turns.map(() => 0)));
    },
  );

  it("keeps what is under way when a step throws, and tells what was thrown first", async () => {
    const kept: number[] = [];
    const run = pipelined([0, 1, 2, 3], 3, {
      begin: (item) => Promise.resolve(item),
      finish: () => Promise.reject(new Error("gone")),
      keep(item) {
        kept.push(item);
        return Promise.reject(new Error("gone as well"));
      },
    });
    await expect(run).rejects.toThrow("gone");
    expect(kept).toEqual([1, 2]);
  });
});
