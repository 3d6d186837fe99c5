import { readFileSync } from "node:fs";
import { onTestFinished } from "vitest";
import { parseCellFile } from "../../../hardware/cellFile/parseCellFile.ts";
import { faultPresets } from "../../../hardware/virtualCell/faults.ts";
import { recordSession, type RecordedSession } from "../../../src/app/live/recordSession.ts";
import type { LiveAim } from "../../../src/app/live/pursueAim.ts";
import { serveVirtualCell, type ServedCell } from "../../../src/app/virtualCell.ts";
import type { Task } from "../../../src/core/cell.ts";
import { runCli } from "../../../src/cli/runCli.ts";
import type { StoredEvent } from "../../../src/events/envelope.ts";
import type { EventLog } from "../../../src/ports/eventLog.ts";
import { captureOutput } from "../../cli/captureOutput.ts";

const cellText = readFileSync(new URL("../../../docs/cells/virtual.yaml", import.meta.url), "utf8");

/** A virtual cell without faults, on a free port of this machine, for as long as a test runs. */
export async function serveCell(task: Task): Promise<ServedCell> {
  const served = await serveVirtualCell({
    ...{ cellText, cellName: "virtual.yaml", task, seed: "0", faults: faultPresets.none },
    ...{ port: 0, publishSeconds: null },
  });
  onTestFinished(() => served.close());
  return served;
}

type WhileItRuns = Partial<
  Pick<Parameters<typeof recordSession>[0], "signal" | "onStatus" | "durationSeconds">
>;

/** Records session `s` of a served cell in a dry run: nothing moves, all else is as it would be. */
export function recordDry(
  { port, goal }: Pick<ServedCell, "port" | "goal">,
  logPath: string,
  aim: Omit<LiveAim, "goal"> & Partial<Pick<LiveAim, "goal">>,
  {
    signal = new AbortController().signal,
    onStatus = () => undefined,
    durationSeconds = null,
  }: WhileItRuns = {},
): Promise<RecordedSession> {
  const text = cellText.replace("ws://127.0.0.1:9090", `ws://127.0.0.1:${port}`);
  const file = parseCellFile(text, "virtual.yaml");
  // Nothing moves, so a busy machine may let the cell be silent for a while.
  const slow = { stateTimeoutMs: 20_000, frameTimeoutMs: 20_000, commandTimeoutMs: 20_000 };
  const limits = { ...file.limits, ...slow };
  return recordSession({
    logPath,
    session: "s",
    cell: { ...file, limits },
    isArmed: false,
    aim: { goal, ...aim },
    durationSeconds,
    signal,
    onStatus,
  });
}

/** @returns what a command that does what it is told prints. */
export async function command(...argv: readonly string[]): Promise<string> {
  const { result, stdout, stderr } = await captureOutput(() => runCli([...argv]));
  if (result !== 0) throw new Error(`${argv.join(" ")}: ${stderr}`);
  return stdout;
}

export async function eventsOf(log: EventLog, session: string): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for (;;) {
    const page = await log.read({ session, afterPosition: events.at(-1)?.position ?? 0 });
    if (page.length === 0) return events;
    events.push(...page);
  }
}
