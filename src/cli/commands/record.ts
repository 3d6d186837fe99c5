import { readFileSync, statSync } from "node:fs";
import { InvalidArgumentError, Option, type Command } from "commander";
import { parseCellFile } from "../../../hardware/cellFile/parseCellFile.ts";
import { createSystemClock } from "../../core/clock.ts";
import { tasks, type Task } from "../../core/cell.ts";
import { DreamlogError } from "../../core/errors.ts";
import type { Box } from "../../core/image.ts";
import type { LiveAim } from "../../app/live/pursueAim.ts";
import type { RecordedSession } from "../../app/live/recordSession.ts";
import { formatBytes } from "../format.ts";
import { interruptedExitCode, watchForInterruption } from "../interruption.ts";
import { createLiveStatusLine, goalText, missingOf, totalOf } from "../liveStatusLine.ts";
import { watchKeys } from "../operatorKeys.ts";
import { print, type JsonOption } from "../printResult.ts";
import { createProgressLine } from "../progressLine.ts";
import { parseCount, parseSeconds, readCellText } from "./virtualCell.ts";

interface RecordOptions extends JsonOption {
  readonly cell: string;
  readonly log: string;
  readonly session?: string;
  readonly planner?: string;
  readonly verify?: string;
  readonly segmenter: string;
  readonly judge: string;
  readonly lookEvery: number;
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
      "finds the object: colour, or sam2:FOLDER, which wants boxes or prompt=grid",
      "colour",
    )
    .option(
      "--judge <spec>",
      "geometric[:distance=…], random[:seed=…] or openai:…: how near the object is to the goal, and of --verify",
      "geometric",
    )
    .addOption(new Option("--task <name>", "what lies on the table").choices(tasks).default("rope"))
    .option("--goal <picture>", "what it should look like, by the same camera; it is then watched")
    .option("--look-every <number>", "look at every so many-th picture", parseOneOrMore, 6)
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
      "\nExamples:\n  dreamlog record --cell docs/cells/virtual.yaml --duration 10\n  dreamlog record --cell lab.yaml --goal goal.png --judge geometric\n  dreamlog record --cell lab.yaml --goal goal.png --planner zero-shot\n  dreamlog record --cell lab.yaml --goal goal.png --segmenter sam2:models \\\n      --start-box 380,190,160,120 --goal-box 300,180,200,90\n  dreamlog record --cell lab.yaml --goal goal.png --planner matcher \\\n      --arm-the-robot\n\nKeys: space halts the arms, r releases them. Ctrl-C ends and closes the session.",
    )
    .action(record);
}

async function record(options: RecordOptions): Promise<void> {
  const cell = parseCellFile(cellTextOf(options), options.cell);
  const { recordSession } = await import("../../app/live/recordSession.ts");
  const status = createLiveStatusLine(process.stderr, () => formatBytes(bytesOf(options.log)));
  const interruption = watchForInterruption(() => console.error("\nclosing the session …"));
  const keys = watchKeys(process.stdin);
  try {
    const aim = await aimOf(options, interruption.signal);
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
    print(options, recorded, () => linesOf(options, recorded));
    if (recorded.reason === "interrupted") process.exitCode = interruptedExitCode;
  } finally {
    keys.release();
    interruption.release();
  }
}

/** @throws {DreamlogError} `ARGUMENT_INVALID`, `IMAGE_INVALID`, and what finding the segmenter throws. */
async function aimOf(options: RecordOptions, signal: AbortSignal): Promise<LiveAim | null> {
  const { planner, goal, task, startBox, goalBox, segmenter, judge, lookEvery } = options;
  const isPlanned = planner !== undefined && options.observeOnly !== true;
  if (goal === undefined) {
    if (isPlanned) {
      throw argumentInvalid("--goal with a picture for the planner to work towards", "none");
    }
    if (segmenter === "colour") return null;
    throw argumentInvalid("--goal with a picture of the object that the segmenter is to follow", "none"); // prettier-ignore
  }
  const { decodeImage } = await import("../../media/imageFormat.ts");
  const { parseJudgeSpec } = await import("../../app/judgeSpec.ts");
  const { resolveSegmenter } = await import("../../app/segmenterSpec.ts");
  const progress = createProgressLine(process.stderr);
  const found = await resolveSegmenter(segmenter, { progress, signal });
  const boxes = {
    ...(startBox === undefined ? {} : { start: startBox }),
    ...(goalBox === undefined ? {} : { goal: goalBox }),
  };
  return {
    task,
    goal: await decodeImage(readGoal(goal)),
    boxes,
    ...(found.kind === "colour" ? {} : { segmenter: found }),
    judge: parseJudgeSpec(judge),
    lookEvery,
    plan: isPlanned ? await planOf(planner, options) : null,
  };
}

async function planOf(planner: string, options: RecordOptions): Promise<LiveAim["plan"]> {
  const { parsePlannerChoice } = await import("../../app/branches/plannerChoice.ts");
  const { parseWorldModelSpec } = await import("../../app/branches/worldModelChoice.ts");
  const { verify, candidates, primitives } = options;
  return {
    planner: parsePlannerChoice(planner),
    candidateCount: candidates,
    primitiveCount: primitives,
    worldModel: verify === undefined ? null : parseWorldModelSpec(verify),
  };
}

/** @throws {DreamlogError} `ARGUMENT_INVALID` when it cannot be read. */
function readGoal(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    throw argumentInvalid("--goal to name a picture", `none that can be read at ${path}`);
  }
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
  const dry = armTheRobot === true ? "" : " (dry run: none left)";
  return [
    `session    ${session}, ${reason} after ${status.seconds.toFixed(1)} s`,
    `messages   ${totalOf(status, "messages")}; ${missingOf(status)} missing, ${totalOf(status, "late")} late, ${status.rejected} rejected, ${status.dropped} dropped`,
    ...status.streams.map(({ name, messages }) => `  ${name.padEnd(20)} ${messages}`),
    ...(primitives.length === 0 ? [] : [`primitives ${primitives.join(", ")}${dry}`]),
    ...(status.lastLook === null ? [] : [`watched    ${watchedText(status)}`]),
    `gate       ${status.commandsSent} commands sent, ${status.interventions} interventions`,
    `log        ${log}, ${formatBytes(bytesOf(log))}`,
  ];
}

function watchedText({ looks, lastLook }: RecordedSession["status"]): string {
  const distance = lastLook?.distance ?? null;
  const seen = `${looks} pictures`;
  return distance === null ? seen : `${seen}; at the end ${goalText(distance)}`;
}

function parseOneOrMore(text: string): number {
  const value = parseCount(text);
  if (value >= 1) return value;
  throw new InvalidArgumentError("expected 1 or more");
}

function parseBox(text: string): Box {
  const [x, y, width, height, ...more] = text.split(",").map(Number);
  const numbers = [x, y, width, height];
  if (more.length > 0 || !numbers.every((value) => Number.isFinite(value) && value! >= 0)) {
    throw new InvalidArgumentError("expected four numbers such as 100,80,200,160");
  }
  return { x: x!, y: y!, width: width!, height: height! };
}
