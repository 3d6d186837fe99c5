import type { Command } from "commander";
import { copySessions, type CopiedSessions } from "../../../store/copySessions.ts";
import type { LogTables } from "../../../store/logTables.ts";
import { requireSession } from "../../app/inspectLog.ts";
import { advancing } from "../../app/progress.ts";
import type { SessionId } from "../../events/envelope.ts";
import { formatBytes } from "../format.ts";
import { print, type JsonOption } from "../printResult.ts";
import { createProgressLine } from "../progressLine.ts";
import { withLog } from "../withLog.ts";

type ToOption = JsonOption & { readonly to: string };

/** `dreamlog export-session`: sessions with their digests, to a log of their own. */
export function configureExportSession(command: Command): void {
  command
    .argument("<log>", "the log to take them from")
    .argument("<session...>", "names of sessions")
    .requiredOption(
      "--to <file>",
      "a log that holds them and nothing else; added to if it is there",
    )
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nExample:\n  dreamlog export-session demo.sqlite seed-0/collect/rope/00003 --to one.sqlite\n\nThe file is a log itself: every command that reads logs reads it.",
    )
    .action((log: string, sessions: string[], options: ToOption) =>
      transfer("export-session", { from: log, to: options.to, sessions }, options),
    );
}

/** `dreamlog import-session`: the way back. */
export function configureImportSession(command: Command): void {
  command
    .argument("<file>", "what export-session wrote, or any log")
    .argument("[session...]", "names of sessions (default: all in the file)")
    .requiredOption("--to <log>", "the log they go to; made if it is not there")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nExample:\n  dreamlog import-session one.sqlite --to demo.sqlite\n\nImporting the same again adds nothing.",
    )
    .action((file: string, sessions: string[], options: ToOption) =>
      transfer("import-session", { from: file, to: options.to, sessions }, options),
    );
}

async function transfer(
  command: string,
  { from, to, sessions }: { from: string; to: string; sessions: readonly SessionId[] },
  options: JsonOption,
): Promise<void> {
  const copied = await withLog(from, async (source) => {
    // Names are looked up first, so that a mistyped one makes no file.
    for (const session of sessions) await requireSession(source.log, session);
    const wanted =
      sessions.length > 0 ? sessions : (await source.log.sessions()).map(({ id }) => id);
    return withLog(
      to,
      (target) => Promise.resolve(copyWithProgress(command, source.tables, target.tables, wanted)),
      "create",
    );
  });
  const result = { from, to, asked: sessions, ...copied };
  print(options, result, () => linesOf(to, sessions, copied));
}

function copyWithProgress(
  command: string,
  source: LogTables,
  target: LogTables,
  sessions: readonly SessionId[],
): CopiedSessions {
  const progress = createProgressLine(process.stderr);
  const copied = copySessions({
    source,
    target,
    sessions,
    onProgress: advancing(progress, command),
  });
  progress.end(`${copied.eventsCopied + copied.eventsPresent} events`);
  return copied;
}

function linesOf(to: string, asked: readonly SessionId[], copied: CopiedSessions): string[] {
  const { sessions, eventsCopied, eventsPresent, blobsCopied, blobBytes } = copied;
  const needed = asked.length === 0 ? 0 : sessions.filter((id) => !asked.includes(id)).length;
  return [
    `sessions  ${sessions.length}${needed > 0 ? `, ${needed} of them because the others derive from them` : ""}`,
    `events    ${eventsCopied} copied, ${eventsPresent} there already`,
    `blobs     ${blobsCopied} copied, ${formatBytes(blobBytes)}`,
    `to        ${to}`,
  ];
}
