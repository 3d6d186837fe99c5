import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { ManualClock } from "../../src/core/clock.ts";
import { openLogWriter, type LogWriter, type LogWriterOptions } from "../../store/logWriter.ts";
import { openLog, type OpenLog, type OpenLogOptions } from "../../store/openLog.ts";

/** An empty folder. The caller removes it. */
export function createFolder(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "dreamlog-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A path in an empty folder that goes away with the test. */
export function temporaryPath(name = "test.log"): string {
  const folder = createFolder();
  onTestFinished(folder.remove);
  return join(folder.path, name);
}

/** Opens a log that is closed with the test; closing it earlier does no harm. */
export function openForTest(options: Partial<OpenLogOptions> & { readonly path: string }): OpenLog {
  const open = openLog({ clock: new ManualClock(1_000_000), ...options });
  onTestFinished(() => open.close());
  return open;
}

/** The same for a log that is written by a thread of its own. */
export async function writerForTest(
  options: Partial<LogWriterOptions> & { readonly path: string },
): Promise<LogWriter> {
  const writer = await openLogWriter({ clock: new ManualClock(1_000_000), ...options });
  onTestFinished(() => writer.close());
  return writer;
}
