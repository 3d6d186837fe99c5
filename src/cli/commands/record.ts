import { statSync } from "node:fs";
import { InvalidArgumentError, Option, type Command } from "commander";
import { parseCellFile, withLinkUrl, type CellFile } from "../../../hardware/cellFile/parseCellFile.ts"; // prettier-ignore
import { createSystemClock } from "../../core/clock.ts";
import { tasks } from "../../core/cell.ts";
import type { Look } from "../../app/live/watchScene.ts";
import type { RecordedSession } from "../../app/live/recordSession.ts";
import { columns, formatBytes, wrapText } from "../format.ts";
import { interruptedExitCode, watchForInterruption } from "../interruption.ts";
import {
  createLiveStatusLine,
  goalText,
  missingOf,
  sightText,
  totalOf,
} from "../liveStatusLine.ts";
import { watchKeys } from "../operatorKeys.ts";
import { parseBox } from "../parseBox.ts";
import { print, type JsonOption } from "../printResult.ts";
import { takeRealTime, type Priority } from "../realTime.ts";
import { aimOf, type AimOptions } from "../recordAim.ts";
import { parseCount, parseSeconds, readCellText } from "./virtualCell.ts";

interface RecordOptions extends JsonOption, AimOptions {
  readonly cell: string;
  readonly log: string;
  readonly session?: string;
  readonly duration?: number;
  readonly armTheRobot?: true;
  readonly priority: Priority;
  readonly url?: string;
}

/** `dreamlog record`: a live cell into the log. */
export function configureRecord(command: Command): void {
  command
    .requiredOption("--cell <file>", "YAML: topics, frames, calibration, limits")
    .option("--log <file>", "the log it goes to", "live.sqlite")
    .option("--session <name>", "name of the session (default: live/ and the time)", parseSession)
    .option(
      "--planner <spec>",
      "random, matcher, zero-shot[:temperature=…], fine-tuned[:loss=…], file:path=… or openai:http://HOST/v1?model=NAME; without one, only observe",
    )
    .option(
      "--verify <world-model>",
      "dream and judge every candidate first, by trained, untrained, file:path=…, videos:URL or dream-http:URL",
    )
    .option(
      "--segmenter <spec>",
      "finds the object and follows it: colour (default), or sam2:FOLDER, which wants boxes or prompt=grid",
    )
    .option(
      "--judge <spec>",
      "geometric (default) [:distance=…], random[:seed=…] or openai:…: how near the object is to the goal, and of --verify",
    )
    .addOption(
      new Option("--task <name>", "what lies on the table, to follow it (default: rope)").choices(
        tasks,
      ),
    )
    .option("--goal <picture>", "what it should look like, by the same camera; it is then watched")
    .option(
      "--look-every <number>",
      "look at every so many-th picture (default: 6)",
      parseOneOrMore,
    ) // prettier-ignore
    .option("--start-box <x,y,w,h>", "round the object, pixels (default: workspace)", parseBox)
    .option("--goal-box <x,y,w,h>", "the same in the goal's picture", parseBox)
    .option("--candidates <number>", "actions to ask the planner for (default: 8)", parseOneOrMore)
    .option("--primitives <number>", "actions to carry out (default: 1)", parseOneOrMore)
    .option("--duration <seconds>", "end after so long", parseSeconds)
    .option("--observe-only", "never command, whatever else is said")
    .option("--arm-the-robot", "let commands leave; without it they are only logged")
    .option("--url <address>", "in place of the cell file's")
    .addOption(
      new Option("--priority <name>", "of messages and commands among the machine's programs")
        .choices(["real-time", "usual"])
        .default("real-time", "real-time, where the system allows it"),
    )
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  dreamlog record --cell docs/cells/virtual.yaml --duration 10\n  dreamlog record --cell lab.yaml --segmenter colour --duration 60\n  dreamlog record --cell lab.yaml --goal goal.png --judge geometric\n  dreamlog record --cell lab.yaml --goal goal.png --planner zero-shot\n  dreamlog record --cell lab.yaml --goal goal.png --segmenter sam2:models \\\n      --start-box 380,190,160,120 --goal-box 300,180,200,90\n  dreamlog record --cell lab.yaml --goal goal.png --planner matcher \\\n      --arm-the-robot\n\nKeys: space halts the arms, r releases them, h homes the hands while nothing\nmoves. Ctrl-C ends and closes the session.",
    )
    .action(record);
}

async function record(options: RecordOptions): Promise<void> {
  const cell = cellOf(options);
  const { recordSession } = await import("../../app/live/recordSession.ts");
  const status = createLiveStatusLine(process.stderr, () => formatBytes(bytesOf(options.log)));
  const interruption = watchForInterruption(() => console.error("\nclosing the session …"));
  const keys = watchKeys(process.stdin);
  try {
    const aim = await aimOf(options, interruption.signal);
    const priority = options.priority === "usual" ? "usual" : takeRealTime();
    // Told before anything moves, and again at the end.
    if (priority !== options.priority) console.error(priorityText(priority, options));
    const recorded = await recordSession({
      logPath: options.log,
      session: options.session ?? sessionName(),
      cell,
      isArmed: options.armTheRobot === true && options.observeOnly !== true,
      aim,
      durationSeconds: options.duration ?? null,
      signal: interruption.signal,
      onStatus: status.show,
      onReady: keys.control,
    });
    status.end();
    print(options, { ...recorded, priority }, () => linesOf(options, recorded, priority));
    if (recorded.reason === "interrupted") process.exitCode = interruptedExitCode;
  } finally {
    keys.release();
    interruption.release();
  }
}

/** @throws {DreamlogError} `CELL_FILE_INVALID`, also for an address that is none. */
function cellOf({ cell: path, url }: RecordOptions): CellFile {
  const text = readCellText(path);
  const cell = parseCellFile(text, path);
  return url === undefined ? cell : parseCellFile(withLinkUrl(text, url), `${path} with --url`);
}

/** Such as `live/2026-03-01T10-20-30`, in UTC. */
function sessionName(): string {
  const now = new Date(createSystemClock().nowUs() / 1000);
  return `live/${now.toISOString().slice(0, 19).replaceAll(":", "-")}`;
}

function bytesOf(path: string): number {
  const sizeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  return sizeOf(path) + sizeOf(`${path}-wal`);
}

function linesOf(options: RecordOptions, recorded: RecordedSession, priority: Priority): string[] {
  const { log, armTheRobot } = options;
  const { session, reason, status, primitives } = recorded;
  const { looks, lastLook, unseen, rejected, lastRejection } = status;
  const dry = armTheRobot === true ? "" : " (dry run: none left)";
  return [
    `session    ${session}, ${reason} after ${status.seconds.toFixed(1)} s`,
    `messages   ${totalOf(status, "messages")}; ${missingOf(status)} missing, ${totalOf(status, "late")} late, ${rejected} rejected, ${status.dropped} dropped`,
    ...(lastRejection === null ? [] : [wrapped(`rejected   the last for: ${lastRejection}`)]),
    ...status.streams.map(({ name, messages }) => `  ${name.padEnd(20)} ${messages}`),
    ...(primitives.length === 0 ? [] : [`primitives ${primitives.join(", ")}${dry}`]),
    ...(unseen === null ? [] : [wrapped(`watched    nothing, for ${unseen}`)]),
    ...(lastLook === null ? [] : [`watched    ${watchedText(looks, lastLook)}`]),
    `gate       ${status.commandsSent} commands sent, ${status.interventions} interventions`,
    priorityText(priority, options),
    `log        ${log}, ${formatBytes(bytesOf(log))}`,
  ];
}

function priorityText(priority: Priority, { priority: wanted }: RecordOptions): string {
  const remedy = ": docs/hardware.md says how to allow real-time";
  return `priority   ${priority}${priority === wanted ? "" : remedy}`;
}

/** Further lines stand under the first one's text. */
function wrapped(line: string): string {
  return wrapText(line, columns, " ".repeat("session    ".length));
}

function watchedText(looks: number, { distance, areaPx }: Look): string {
  const end = distance === null ? sightText(areaPx) : goalText(distance);
  return `${looks} pictures; at the end ${end}`;
}

/** Branches and primitives add signs to a session's name that must not stand in it. */
function parseSession(text: string): string {
  if (/^[\w.=,:-]+(\/[\w.=,:-]+)*$/.test(text)) return text;
  throw new InvalidArgumentError("Expected letters, digits and any of . _ - = , : with / between.");
}

function parseOneOrMore(text: string): number {
  const value = parseCount(text);
  if (value >= 1) return value;
  throw new InvalidArgumentError("expected 1 or more");
}
