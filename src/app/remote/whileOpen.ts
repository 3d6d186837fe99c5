/** How often a thread that waits for a service looks whether it should end. */
const lookMs = 200;

/**
 * Does a worker's job that waits for a service; once the pool is being closed, the waiting ends.
 *
 * @param report - of the worker; throws once the pool is being closed.
 */
export async function whileOpen<Result>(
  report: (progress: unknown) => void,
  waiting: AbortController,
  job: () => Promise<Result>,
): Promise<Result> {
  const look = setInterval(() => {
    try {
      report(null);
    } catch {
      waiting.abort();
    }
  }, lookMs);
  try {
    return await job();
  } finally {
    clearInterval(look);
  }
}
