import { expect, onTestFinished, test } from "vitest";
import { createWorkerPool } from "../../src/workers/workerPool.ts";

function startDoublingPool(size: number) {
  const pool = createWorkerPool<number, number>({
    module: new URL("./doublingWorker.ts", import.meta.url),
    size,
    setup: { factor: 2 },
  });
  onTestFinished(() => pool.close());
  return pool;
}

test("answers every job, whichever thread ran it", async () => {
  const pool = startDoublingPool(2);
  const jobs = Array.from({ length: 20 }, (_, at) => at);

  const answers = await Promise.all(jobs.map((job) => pool.run(job)));

  expect(answers).toEqual(jobs.map((job) => job * 2));
});

test("hands on a job's typed error and keeps the thread", async () => {
  const pool = startDoublingPool(1);

  await expect(pool.run(-1)).rejects.toMatchObject({
    code: "ARGUMENT_INVALID",
    context: { job: -1 },
  });
  await expect(pool.run(4)).resolves.toBe(8);
});

test("reports progress of the job that made it", async () => {
  const pool = startDoublingPool(1);
  const seen: unknown[] = [];

  await pool.run(7, (progress) => seen.push(progress));

  expect(seen).toEqual([7]);
});

test("goes on with the job ahead while the calling thread is busy, one after the other", async () => {
  const begun = new Int32Array(new SharedArrayBuffer(4));
  const pool = createWorkerPool<null, number>({
    module: new URL("./turnTakingWorker.ts", import.meta.url),
    size: 1,
    setup: begun,
    jobsAhead: 1,
  });
  onTestFinished(() => pool.close());
  await pool.run(null);

  const answers = Promise.all([pool.run(null), pool.run(null), pool.run(null)]);
  // No answer reaches this thread while it waits, so what it handed over is all that can begin.
  for (let count = Atomics.load(begun, 0); count < 3; count = Atomics.load(begun, 0))
    expect(Atomics.wait(begun, 0, count, 10_000)).not.toBe("timed-out");
  expect(Atomics.wait(begun, 0, 3, 50)).toBe("timed-out");

  expect(await answers).toEqual([1, 1, 1]);
});

test("rejects what is waiting when it is closed", async () => {
  const pool = startDoublingPool(1);
  const waiting = Promise.allSettled([pool.run(1), pool.run(2), pool.run(3)]);
  await pool.close();

  expect((await waiting).some(({ status }) => status === "rejected")).toBe(true);
  await expect(pool.run(5)).rejects.toThrow("closed");
});

test("cuts a long job short where it reports, and waits for it, when it is closed", async () => {
  const pool = createWorkerPool<null, never>({
    module: new URL("./endlessWorker.ts", import.meta.url),
    size: 1,
    setup: null,
  });
  let reports = 0;
  const closed = new Promise<void>((resolve) => {
    pool
      .run(null, () => {
        reports += 1;
        if (reports === 1) void pool.close().then(resolve);
      })
      .catch(() => undefined);
  });

  await closed;

  expect(reports).toBeGreaterThan(0);
});

test("waits for threads that are still starting when it is closed", async () => {
  const pool = startDoublingPool(2);
  await pool.close();
  await pool.close();
});
