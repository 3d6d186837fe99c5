import type { Command } from "commander";
import { backupLog } from "../../../store/backupLog.ts";
import { advancing } from "../../app/progress.ts";
import { pruneLog } from "../../app/pruneLog.ts";
import { closeInterrupted, findOpenSessions, type OpenSession } from "../../app/recoverLog.ts";
import { createSystemClock } from "../../core/clock.ts";
import { counted, formatBytes, formatInstant } from "../format.ts";
import { print, type JsonOption } from "../printResult.ts";
import { createProgressLine } from "../progressLine.ts";
import { withLog } from "../withLog.ts";

/** `dreamlog log backup`, `recover` and `prune`: keep a log safe, in order and small. */
export function addLogTools(log: Command): void {
  log
    .command("backup")
    .description("one consistent copy with its segment files, while the log may be written")
    .argument("<file>", "the log")
    .argument("<target>", "the copy; must not be there yet")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nExample:\n  dreamlog log backup live.sqlite copies/monday.sqlite\n\nThe copy has its name once it is whole.",
    )
    .action(async (file: string, target: string, options: JsonOption) => {
      const progress = createProgressLine(process.stderr, formatBytes);
      const backup = await backupLog({
        source: file,
        target,
        clock: createSystemClock(),
        onProgress: advancing(progress, "backup"),
      });
      progress.end(formatBytes(backup.bytes));
      print(options, { target, ...backup }, () => [
        `${target}: ${formatBytes(backup.bytes)}, ${counted(backup.segments, "segment file")}`,
      ]);
    });

  log
    .command("recover")
    .description("sessions that nobody closed, as a crash leaves them; and closes them")
    .argument("<file>", "the log")
    .argument("[names...]", "sessions to close as interrupted; their writers must be gone")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      [
        "\nExamples:",
        "  dreamlog log recover live.sqlite",
        "  dreamlog log recover live.sqlite live/2026-03-01T10-20-30",
        "",
        "Without names it only tells which sessions are open, what they hold and what",
        "they lost.",
        "A stage of a run that was stopped goes on with its open sessions when it is",
        "called again: do not close those.",
      ].join("\n"),
    )
    .action((file: string, sessions: readonly string[], options: JsonOption) =>
      withLog(
        file,
        async (open) => {
          await closeInterrupted(open.log, sessions);
          const left = await findOpenSessions(open.log);
          print(options, { closed: sessions, open: left }, () => [
            ...sessions.map((session) => `closed as interrupted: ${session}`),
            ...(left.length === 0 ? ["no session is open"] : left.flatMap(openSessionLines)),
          ]);
        },
        sessions.length === 0 ? "readonly" : "existing",
      ),
    );

  addPrune(log);
}

function addPrune(log: Command): void {
  log
    .command("prune")
    .description("drop blobs that no event names, and say so in the log")
    .argument("<file>", "the log; nobody else may be writing it")
    .option("--keep <prefixes...>", "drop also what only sessions of other names use")
    .option("--dry-run", "only say what would go")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      [
        "\nExamples:",
        "  dreamlog log prune demo.sqlite --dry-run",
        "  dreamlog log prune demo.sqlite --keep seed-0/checkpoints seed-0/evaluate",
        "",
        "Events stay, and the log verifies: a log.pruned event lists what went. Parents",
        "of a session that is kept are kept as well.",
      ].join("\n"),
    )
    .action(
      async (
        file: string,
        options: JsonOption & { readonly keep?: readonly string[]; readonly dryRun?: true },
      ) => {
        const isDryRun = options.dryRun === true;
        const keep = options.keep ?? null;
        const progress = createProgressLine(process.stderr);
        const advance = advancing(progress, "prune");
        const pruned = await pruneLog({
          path: file,
          clock: createSystemClock(),
          keep,
          isDryRun,
          onProgress: (done, total) =>
            advance(done, total, done === total && !isDryRun ? "giving space back" : ""),
        });
        const verb = isDryRun ? "would drop" : "dropped";
        progress.end(`${verb} ${counted(pruned.blobs, "blob")}`);
        print(options, { ...pruned, isDryRun }, () => [
          `${verb} ${counted(pruned.blobs, "blob")}, ${formatBytes(pruned.bytes)}`,
          ...(pruned.session === null ? [] : [`told in session ${pruned.session}`]),
        ]);
      },
    );
}

function openSessionLines({ session, events, last, ...losses }: OpenSession): string[] {
  const lost = [
    losses.droppedEvents === 0 ? [] : [`${counted(losses.droppedEvents, "event")} dropped`],
    losses.lostFrames === 0 ? [] : [`${counted(losses.lostFrames, "frame")} lost`],
  ].flat();
  return [
    `open: ${session}`,
    `  ${[counted(events, "event"), ...lost].join(", ")}`,
    `  last: ${formatInstant(last.sourceTimeUs)}  ${last.type}`,
  ];
}
