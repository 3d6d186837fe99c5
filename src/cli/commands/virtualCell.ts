import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { InvalidArgumentError, Option, type Command } from "commander";
import { faultPresets, type FaultPreset } from "../../../hardware/virtualCell/faults.ts";
import { serveVirtualCell } from "../../app/virtualCell.ts";
import { tasks, type Task } from "../../core/cell.ts";
import { DreamlogError } from "../../core/errors.ts";
import { encodePng } from "../../media/imageFormat.ts";
import { watchForInterruption } from "../interruption.ts";
import type { JsonOption } from "../printResult.ts";

interface VirtualCellOptions extends JsonOption {
  readonly cell: string;
  readonly port: number;
  readonly seed: string;
  readonly task: Task;
  readonly faults: FaultPreset;
  readonly publishSeconds?: number;
  readonly ledger?: string;
  readonly goal?: string;
  readonly address?: string;
}

/** `dreamlog virtual-cell`: a cell that is not there, to try `record` against. */
export function configureVirtualCell(command: Command): void {
  command
    .requiredOption("--cell <file>", "the cell file whose names it uses")
    .option("--port <number>", "port to serve on; 0 takes a free one", parseCount, 9090)
    .option("--seed <text>", "names the scene and the faults", "0")
    .addOption(new Option("--task <name>", "what lies on the table").choices(tasks).default("rope"))
    .addOption(
      new Option("--faults <preset>", "what goes wrong")
        .choices(Object.keys(faultPresets))
        .default("mild"),
    )
    .option("--publish-seconds <number>", "fall silent after so many seconds", parseSeconds)
    .option("--ledger <file>", "write what was really sent there, at the end")
    .option("--goal <file>", "write the picture of the goal there, as PNG")
    .option("--address <file>", "write its address there, once it serves")
    .option("--json", "tell the address as JSON")
    .addHelpText(
      "after",
      "\nExample:\n  dreamlog virtual-cell --cell docs/cells/virtual.yaml --goal goal.png\n\nIt serves until Ctrl-C.",
    )
    .action(serve);
}

async function serve(options: VirtualCellOptions): Promise<void> {
  const { cell, port, seed, task, faults, publishSeconds = null, ledger, goal, address } = options;
  const served = await serveVirtualCell({
    cellText: readCellText(cell),
    cellName: cell,
    task,
    seed,
    faults: faultPresets[faults],
    port,
    publishSeconds,
  });
  if (goal !== undefined) writeFileSync(goal, await encodePng(served.goal));
  const url = `ws://127.0.0.1:${served.port}`;
  console.log(options.json ? JSON.stringify({ url }) : `serving ${task} at ${url}; Ctrl-C ends it`);
  if (address !== undefined) {
    // Whoever waits for the file finds it whole.
    writeFileSync(`${address}.part`, url);
    renameSync(`${address}.part`, address);
  }
  const interruption = watchForInterruption(() => undefined);
  await new Promise((resolve) => interruption.signal.addEventListener("abort", resolve));
  interruption.release();
  await served.close();
  if (ledger !== undefined) writeFileSync(ledger, JSON.stringify(served.ledger));
}

/** @throws {DreamlogError} `CELL_FILE_INVALID` when it cannot be read. */
export function readCellText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new DreamlogError(
      "CELL_FILE_INVALID",
      `expected a cell file at ${path}, found none that can be read; docs/cells has one to begin with`,
      { path },
      cause,
    );
  }
}

export function parseCount(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isInteger(value) && value >= 0) return value;
  throw new InvalidArgumentError("expected a whole number");
}

export function parseSeconds(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError("expected a number of seconds above 0");
}
