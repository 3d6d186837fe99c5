import { basename } from "node:path";
import type { Command } from "commander";
import { parseCellFile } from "../../../hardware/cellFile/parseCellFile.ts";
import type { ImportedRecording } from "../../app/live/importRecording.ts";
import { columns, formatBytes, wrapText } from "../format.ts";
import { watchForInterruption } from "../interruption.ts";
import { print, type JsonOption } from "../printResult.ts";
import { readCellText } from "./virtualCell.ts";

interface ImportOptions extends JsonOption {
  readonly to: string;
  readonly session?: string;
  readonly cell?: string;
}

/** `dreamlog import-recording`: what a lab recorded before, as a session. */
export function configureImportRecording(command: Command): void {
  command
    .argument("<file>", "an .mcap file, a rosbag2 .db3 file, or a rosbag2's folder")
    .requiredOption("--to <log>", "the log it goes to; made if it is not there")
    .option("--session <name>", "name of the session (default: imported/ and the file's name)")
    .option("--cell <file>", "says which topics are which arm's and camera's")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nExample:\n  dreamlog import-recording monday.mcap --to lab.sqlite --cell lab.yaml\n\nA file that was cut off is imported as far as it goes.",
    )
    .action(importFile);
}

async function importFile(file: string, options: ImportOptions): Promise<void> {
  const { to, session = `imported/${basename(file)}`, cell } = options;
  const { importRecording } = await import("../../app/live/importRecording.ts");
  const interruption = watchForInterruption(() => console.error("\nending the import …"));
  const { isTTY } = process.stderr;
  try {
    const imported = await importRecording({
      path: file,
      logPath: to,
      session,
      cell: cell === undefined ? null : parseCellFile(readCellText(cell), cell),
      signal: interruption.signal,
      onProgress: (count) => {
        if (isTTY) process.stderr.write(`\r\u001b[2K${count} messages`);
      },
    });
    if (isTTY) process.stderr.write("\r\u001b[2K");
    print(options, imported, () => linesOf(to, imported));
  } finally {
    interruption.release();
  }
}

function linesOf(to: string, imported: ImportedRecording): string[] {
  const { session, messages, rawMessages, rejected, streams, damage } = imported;
  return [
    `session   ${session}`,
    `messages  ${messages}; ${rawMessages} kept as bytes, ${rejected} rejected`,
    ...streams
      .filter(({ messages: count }) => count > 0)
      .map(
        (stream) => `  ${stream.name.padEnd(40)} ${stream.messages} ${formatBytes(stream.bytes)}`,
      ),
    ...(damage === null
      ? []
      : [wrapText(`damaged   recovered up to the damage: ${damage}`, columns, "          ")]),
    `to        ${to}`,
  ];
}
