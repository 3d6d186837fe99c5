import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { copyGoldenLog } from "../../fixtures/goldenLogs.ts";
import type { Task } from "../../src/core/cell.ts";
import { createSystemClock, ManualClock } from "../../src/core/clock.ts";
import type { NewEvent, Position, StoredEvent } from "../../src/events/envelope.ts";
import { derivationKey } from "../../src/events/envelope.ts";
import { blobsNamedIn } from "../../store/blobsNamedIn.ts";
import { createMemoryLog, openLog, type OpenLog } from "../../store/openLog.ts";

/** A folder with a task's golden log, complete with its models. */
export async function goldenCopy(
  task: Task,
): Promise<{ readonly folder: string; readonly path: string; remove(): void }> {
  const folder = mkdtempSync(join(tmpdir(), "dreamlog-golden-"));
  const path = join(folder, "golden.sqlite");
  await copyGoldenLog(task, path);
  return { folder, path, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export function openCopy(path: string): OpenLog {
  return openLog({ path, clock: createSystemClock(), mode: "readonly" });
}

/** What a rewriting changes of an event; the rest stays. */
export type Change = Partial<Pick<NewEvent, "payload" | "producer">>;

/**
 * Writes a log again, some of its events changed and every digest, key and chain consistent with the
 * change: what a forger who knows the format would do.
 *
 * @param to - an empty log; events get the positions they had.
 * @param uptoPosition - what comes after it is left out; nothing when this is.
 */
export async function rewriteLog(
  from: OpenLog,
  to: OpenLog,
  change: (event: StoredEvent) => Change,
  uptoPosition?: Position,
): Promise<void> {
  const last = uptoPosition ?? (await from.log.lastPosition());
  for (let position = 1; position <= last; position++) {
    const event = (await from.log.get(position))!;
    const changed: NewEvent = { ...event, ...change(event) };
    for (const { digest, mediaType } of blobsNamedIn(changed.payload)) {
      if (await to.blobs.has(digest)) continue;
      await to.blobs.put(await from.blobs.get(digest), mediaType);
    }
    const causes = await Promise.all(event.causes.map((at) => to.log.get(at)));
    const key =
      event.kind === "derived"
        ? derivationKey({ ...changed, causes: causes.map((cause) => cause!) })
        : null;
    await to.log.append([{ ...changed, key }], { logTimeUs: event.logTimeUs });
  }
}

/** The same into memory. */
export async function rewritten(
  from: OpenLog,
  change: (event: StoredEvent) => Change,
): Promise<OpenLog> {
  const to = createMemoryLog({ clock: new ManualClock(0) });
  await rewriteLog(from, to, change);
  return to;
}
