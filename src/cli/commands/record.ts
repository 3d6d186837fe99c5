import { readFileSync, statSync } from "node:fs";
import { InvalidArgumentError, Option, type Command } from "commander";
import { parseCellFile } from "../../../hardware/cellFile/parseCellFile.ts";
import { createSystemClock } from "../../core/clock.ts";
import { tasks, type Task } from "../../core/cell.ts";
import { DreamlogError } from "../../core/errors.ts";
import type { Box } from "../../core/image.ts";
import type { LivePlan, RecordedSession } from "../../app/live/recordSession.ts";
import { formatBytes } from "../format.ts";
import { interruptedExitCode, watchForInterruption } from "../interruption.ts";
import { createLiveStatusLine } from "../liveStatusLine.ts";
import { watchKeys } from "../operatorKeys.ts";
import { print, type JsonOption } from "../printResult.ts";
import { parseCount, parseSeconds, readCellText } from "./virtualCell.ts";

interface RecordOptions extends JsonOption {
  readonly cell: string;
  readonly log: string;
  readonly session?: string;
  readonly planner?: string;
  readonly task: Task;
  readonly goal?: string;
  readonly startBox?: Box;
  readonly goalBox?: Box;
  readonly candidates: number;
  readonly primitives: number;
  readonly duration?: number;
  readonly observeOnly?: true;
  readonly armTheRobot?: true;
  readonly url?: string;
}

/** `dreamlog record`: a live cell into the log. */
export function configureRecord(command: Command): void {
  command
    .requiredOption("--cell <file>", "YAML: topics, frames, calibration, limits")
    .option("--log <file>", "the log it goes to", "live.sqlite")
    .option("--session <name>", "name of the session (default: live/ and the time)")
    .option("--planner <spec>", "matcher or random; without one, only observe")
    .addOption(new Option("--task <name>", "what lies on the table").choices(tasks).default("rope"))
    .option("--goal <picture>", "what it should look like, by the same camera")
    .option("--start-box <x,y,w,h>", "round the object, pixels (default: workspace)", parseBox)
    .option("--goal-box <x,y,w,h>", "the same in the goal's picture", parseBox)
    .option("--candidates <number>", "actions to ask the planner for", parseCount, 8)
    .option("--primitives <number>", "actions to carry out", parseCount, 1)
    .option("--duration <seconds>", "end after so long", parseSeconds)
    .option("--observe-only", "never command, whatever else is said")
    .option("--arm-the-robot", "let commands leave; without it they are only logged")
    .option("--url <address>", "in place of the cell file's")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  dreamlog record --cell docs/cells/virtual.yaml --duration 10\n  dreamlog record --cell lab.yaml --planner matcher --goal goal.png\n  dreamlog record --cell lab.yaml --planner matcher --goal g.png --arm-the-robot\n\nKeys: space halts the arms, r releases them. Ctrl-C ends and closes the session.",
    )
    .action(record);
}

async function record(options: RecordOptions): Promise<void> {
  const cell = parseCellFile(cellTextOf(options), options.cell);
  const plan = await planOf(options);
  const { recordSession } = await import("../../app/live/recordSession.ts");
  const status = createLiveStatusLine(process.stderr, () => formatBytes(bytesOf(options.log)));
  const interruption = watchForInterruption(() => console.error("\nclosing the session …"));
  const keys = watchKeys(process.stdin);
  try {
    const recorded = await recordSession({
      logPath: options.log,
      session: options.session ?? sessionName(),
      cell,
      isArmed: options.armTheRobot === true && options.observeOnly !== true,
      plan,
      durationSeconds: options.duration ?? null,
      signal: interruption.signal,
      onStatus: status.show,
      onReady: keys.control,
    });
    status.end();
    print(options, recorded, () => linesOf(options, recorded));
    if (recorded.reason === "interrupted") process.exitCode = interruptedExitCode;
  } finally {
    keys.release();
    interruption.release();
  }
}

/** @throws {DreamlogError} `ARGUMENT_INVALID`, `IMAGE_INVALID`. */
async function planOf(options: RecordOptions): Promise<LivePlan | null> {
  const { planner, goal, task, startBox, goalBox, candidates, primitives } = options;
  if (planner === undefined || options.observeOnly === true) return null;
  const { parsePlannerChoice } = await import("../../app/branches/plannerChoice.ts");
  const choice = parsePlannerChoice(planner);
  if (choice.kind !== "matcher" && choice.kind !== "random") {
    throw argumentInvalid("--planner matcher or random", choice.kind);
  }
  if (goal === undefined) {
    throw argumentInvalid("--goal with a picture for the planner to work towards", "none");
  }
  const { decodeImage } = await import("../../media/imageFormat.ts");
  const boxes = {
    ...(startBox === undefined ? {} : { start: startBox }),
    ...(goalBox === undefined ? {} : { goal: goalBox }),
  };
  return {
    planner: choice,
    task,
    goal: await decodeImage(readFileSync(goal)),
    boxes,
    candidateCount: candidates,
    primitiveCount: primitives,
  };
}

function argumentInvalid(expected: string, found: string): DreamlogError {
  return new DreamlogError("ARGUMENT_INVALID", `expected ${expected}, found ${found}`);
}

function cellTextOf({ cell, url }: RecordOptions): string {
  const text = readCellText(cell);
  return url === undefined ? text : text.replace(/^( *url:) .*$/m, `$1 ${url}`);
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

function linesOf({ log, armTheRobot }: RecordOptions, recorded: RecordedSession): string[] {
  const { session, reason, status, primitives } = recorded;
  const total = (key: "messages" | "missing" | "late") =>
    status.streams.reduce((sum, stream) => sum + stream[key], 0);
  const dry = armTheRobot === true ? "" : " (dry run: none left)";
  return [
    `session    ${session}, ${reason} after ${status.seconds.toFixed(1)} s`,
    `messages   ${total("messages")}; ${total("missing")} missing, ${total("late")} late, ${status.rejected} rejected, ${status.dropped} dropped`,
    ...status.streams.map(({ name, messages }) => `  ${name.padEnd(20)} ${messages}`),
    ...(primitives.length === 0 ? [] : [`primitives ${primitives.join(", ")}${dry}`]),
    `gate       ${status.commandsSent} commands sent, ${status.interventions} interventions`,
    `log        ${log}, ${formatBytes(bytesOf(log))}`,
  ];
}

function parseBox(text: string): Box {
  const [x, y, width, height, ...more] = text.split(",").map(Number);
  const numbers = [x, y, width, height];
  if (more.length > 0 || !numbers.every((value) => Number.isFinite(value) && value! >= 0)) {
    throw new InvalidArgumentError("expected four numbers such as 100,80,200,160");
  }
  return { x: x!, y: y!, width: width!, height: height! };
}
