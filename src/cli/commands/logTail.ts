import { InvalidArgumentError, type Command } from "commander";
import { fromEvent, lastValueFrom, takeUntil } from "rxjs";
import { processLog } from "../../../streams/followLog.ts";
import { requireSession, toView, type EventView } from "../../app/inspectLog.ts";
import { DreamlogError } from "../../core/errors.ts";
import type { SessionId, StoredEvent } from "../../events/envelope.ts";
import { eventDefinitions } from "../../events/registry.ts";
import type { EventLog } from "../../ports/eventLog.ts";
import { formatTime } from "../format.ts";
import { interruptedExitCode, watchForInterruption } from "../interruption.ts";
import type { JsonOption } from "../printResult.ts";
import { withLog } from "../withLog.ts";

interface TailOptions extends JsonOption {
  readonly follow?: true;
  readonly lines: number;
  readonly session?: SessionId;
  readonly type?: readonly string[];
}

const defaultLines = 10;
const sessionColumns = 25;

function toCount(text: string): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count >= 0) return count;
  throw new InvalidArgumentError("expected a whole number from 0");
}

/** `dreamlog log tail`: the last events, and with `-f` those that come. */
export function addLogTail(log: Command): void {
  log
    .command("tail")
    .description("the last events; with -f also those that come, until Ctrl-C")
    .argument("<file>", "the log")
    .option("-f, --follow", "go on with what is appended, by whatever process")
    .option("-n, --lines <count>", "how many of the last events", toCount, defaultLines)
    .option("--session <name>", "only this session's, with the prefix it shares")
    .option("--type <types...>", "only events of these types")
    .option("--json", "one JSON object a line; arrays of more than 8 are cut")
    .addHelpText(
      "after",
      "\nExamples:\n  dreamlog log tail live.sqlite -f\n  dreamlog log tail demo.sqlite -n 3 --type evaluation.outcomeScored\n\nColumns: position, source time (UTC), type, end of the session's name.",
    )
    .action((file: string, options: TailOptions) =>
      withLog(file, async ({ log: events }) => {
        requireKnown(options.type ?? []);
        if (options.session !== undefined) await requireSession(events, options.session);
        const write = async (event: StoredEvent) => {
          const view = await toView(events, event);
          console.log(options.json ? JSON.stringify(view) : lineOf(view));
        };
        const last = await lastEvents(events, options);
        for (const event of last) await write(event);
        if (options.follow !== true) return;
        const after = last.at(-1)?.position ?? (await events.lastPosition());
        await follow(events, options, after, write);
      }),
    );
}

/**
 * Waiting for a type that is misspelt would be waiting for ever.
 *
 * @throws {DreamlogError} `EVENT_TYPE_UNKNOWN`.
 */
function requireKnown(types: readonly string[]): void {
  const known = eventDefinitions.map(({ type }) => type);
  for (const type of types) {
    if (known.includes(type)) continue;
    const area = known.filter((one) => one.startsWith(`${type.split(".")[0]}.`));
    const such = area.length > 0 ? `, such as ${area.join(", ")}` : "";
    throw new DreamlogError(
      "EVENT_TYPE_UNKNOWN",
      `expected a type of event${such}, found "${type}"; "dreamlog log stats" names those that a log holds`,
      { type },
    );
  }
}

/** Within the width of a terminal, whatever the session's name. */
function lineOf({ position, sourceTimeUs, type, session }: EventView): string {
  const isLong = session.length > sessionColumns;
  const name = isLong ? `…${session.slice(1 - sessionColumns)}` : session;
  return `${String(position).padStart(8)}  ${formatTime(sourceTimeUs)}  ${type.padEnd(30)} ${name}`;
}

function queryOf({ session, type }: TailOptions) {
  return {
    ...(session === undefined ? {} : { session }),
    ...(type === undefined ? {} : { types: type }),
  };
}

/** The last events that are asked for, found by ever longer steps back from the end. */
async function lastEvents(log: EventLog, options: TailOptions): Promise<readonly StoredEvent[]> {
  const end = await log.lastPosition();
  for (let back = Math.max(1, options.lines); options.lines > 0; back *= 4) {
    const afterPosition = Math.max(0, end - back);
    const found = await log.read({ ...queryOf(options), afterPosition, limit: back });
    if (found.length >= options.lines || afterPosition === 0) return found.slice(-options.lines);
  }
  return [];
}

/** Writes what comes until Ctrl-C. */
async function follow(
  log: EventLog,
  options: TailOptions,
  afterPosition: number,
  write: (event: StoredEvent) => Promise<void>,
): Promise<void> {
  const interruption = watchForInterruption(() => undefined);
  const stop = fromEvent(interruption.signal, "abort");
  try {
    // One after the other: an event with many causes takes longer to look up than the next one.
    const written$ = processLog(log, { ...queryOf(options), afterPosition }, write);
    await lastValueFrom(written$.pipe(takeUntil(stop)), { defaultValue: undefined });
    process.exitCode = interruptedExitCode;
  } finally {
    interruption.release();
  }
}
