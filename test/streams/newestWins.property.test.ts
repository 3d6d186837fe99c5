import { fc, test } from "@fast-check/vitest";
import { Subject } from "rxjs";
import { describe, expect, it } from "vitest";
import { newestWins } from "../../streams/newestWins.ts";

/** Work that ends when the test says so. */
function controlled() {
  const source = new Subject<number>();
  const done: number[] = [];
  const skipped: number[] = [];
  let finish: (() => void) | null = null;
  let most = 0;
  let running = 0;
  let end: unknown = null;
  source
    .pipe(
      newestWins(
        (item: number) =>
          new Promise<number>((resolve, reject) => {
            running += 1;
            most = Math.max(most, running);
            finish = () => {
              running -= 1;
              if (item < 0) reject(new Error(`item ${item}`));
              else resolve(item);
            };
          }),
        (item) => skipped.push(item),
      ),
    )
    .subscribe({
      next: (item) => done.push(item),
      error: (error: unknown) => (end = error),
      complete: () => (end = "complete"),
    });
  return {
    source,
    done,
    skipped,
    end: () => end,
    most: () => most,
    async finishOne() {
      finish?.();
      finish = null;
      await new Promise(setImmediate);
    },
  };
}

describe("newestWins", () => {
  test.prop([fc.array(fc.boolean(), { maxLength: 60 })])(
    "works on every item or tells that it was skipped, one at a time and in order",
    async (steps) => {
      const run = controlled();
      let sent = 0;
      for (const isItem of steps) {
        if (isItem) run.source.next(sent++);
        else await run.finishOne();
      }
      run.source.complete();
      for (let at = 0; at < 3; at++) await run.finishOne();
      expect(run.end()).toBe("complete");
      expect([...run.done, ...run.skipped].sort((a, b) => a - b)).toEqual(
        Array.from({ length: sent }, (_, item) => item),
      );
      expect(run.done).toEqual([...run.done].sort((a, b) => a - b));
      expect(run.most()).toBeLessThanOrEqual(1);
    },
  );

  it("takes the newest of what came meanwhile", async () => {
    const run = controlled();
    for (const item of [0, 1, 2, 3]) run.source.next(item);
    await run.finishOne();
    await run.finishOne();
    expect(run.done).toEqual([0, 3]);
    expect(run.skipped).toEqual([1, 2]);
  });

  it("ends with the failure of the work", async () => {
    const run = controlled();
    run.source.next(-1);
    await run.finishOne();
    expect(run.end()).toEqual(new Error("item -1"));
  });
});
