import { InvalidArgumentError, type Command } from "commander";
import {
  requireSession,
  sessionTree,
  toView,
  viewEvent,
  type EventView,
} from "../../app/inspectLog.ts";
import { advancing } from "../../app/progress.ts";
import { takeOutEvent } from "../../app/takeOutEvent.ts";
import { verifyLogFile } from "../../app/verifyLogFile.ts";
import { DreamlogError } from "../../core/errors.ts";
import { logFiles } from "../../app/logFiles.ts";
import { prepareOutputFolder } from "../outputFolder.ts";
import { print, type JsonOption } from "../printResult.ts";
import { createProgressLine } from "../progressLine.ts";
import { checkLines } from "../renderCheck.ts";
import { eventLine, eventLines } from "../renderEvent.ts";
import { sessionLine, treeLines } from "../renderSessions.ts";
import { statsLines } from "../renderStats.ts";
import { withLog } from "../withLog.ts";
import { addLogTail } from "./logTail.ts";
import { addLogTools } from "./logTools.ts";

/** `dreamlog log …`: look into a log and check it. */
export function configureLog(log: Command): void {
  log
    .command("ls")
    .description("sessions, in order of name")
    .argument("<file>", "the log")
    .argument("[prefix]", "only sessions whose name starts so", "")
    .option("--tree", "branches under the sessions they fork from")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  dreamlog log ls demo.sqlite --tree\n  dreamlog log ls demo.sqlite seed-0/evaluate/orpo/\n\nColumns: name, events of its own, closed or open, start of its head digest.",
    )
    .action((file: string, prefix: string, options: JsonOption & { tree?: true }) =>
      withLog(file, async (open) => {
        const sessions = await open.log.sessions(prefix);
        const tree = sessionTree(sessions);
        print(options, options.tree ? tree : sessions, () => {
          if (sessions.length === 0) return [`no session${prefix === "" ? "" : ` of a name that starts with "${prefix}"`}`]; // prettier-ignore
          return options.tree ? treeLines(tree) : sessions.map((session) => sessionLine(session));
        });
      }),
    );

  log
    .command("show")
    .description("one session's events, or one event by its position, with causes")
    .argument("<file>", "the log")
    .argument("<what>", "a session's name or a position")
    .option("--out <folder>", "also writes what one event holds: payload, pictures, clips")
    .option("--json", "as JSON; arrays of more than 8 are cut")
    .addHelpText(
      "after",
      "\nExamples:\n  dreamlog log show demo.sqlite seed-0/collect/rope/00003\n  dreamlog log show demo.sqlite 42 --out pictures\n\nColumns of a session: position in the log, seq in the session, source time in\nUTC, kind, type, and the positions of the events it comes from; +3: and 3 more.",
    )
    .action((file: string, what: string, options: JsonOption & { readonly out?: string }) =>
      withLog(file, async ({ log: events, blobs }) => {
        const { out } = options;
        if (/^\d+$/.test(what)) {
          const view = await viewEvent(events, Number(what));
          if (out !== undefined) prepareOutputFolder(out);
          const files = out === undefined ? [] : await takeOutEvent({ log: events, blobs }, view.position, out); // prettier-ignore
          print(options, out === undefined ? view : { ...view, files }, () => [
            ...eventLines(view),
            ...files.map((path) => `wrote ${path}`),
          ]);
          return;
        }
        if (out !== undefined) {
          throw new DreamlogError(
            "ARGUMENT_INVALID",
            `--out: expected the position of one event to take out, found the session "${what}"; "dreamlog log show ${file} ${what}" lists its positions`,
          );
        }
        await requireSession(events, what);
        const views: EventView[] = [];
        for (let afterPosition = 0; ;) {
          const page = await events.read({ session: what, afterPosition });
          for (const event of page) views.push(await toView(events, event));
          const last = page.at(-1);
          if (last === undefined) break;
          afterPosition = last.position;
        }
        print(options, views, () => views.map(eventLine));
      }),
    );

  addLogTail(log);

  log
    .command("stats")
    .description("sessions, events, blobs and bytes")
    .argument("<file>", "the log")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  dreamlog log stats demo.sqlite")
    .action((file: string, options: JsonOption) =>
      withLog(file, async (open) => {
        const stats = await open.log.stats();
        const files = logFiles(open.path);
        print(options, { ...stats, files }, () => statsLines(stats, files));
      }),
    );

  log
    .command("head")
    .description("digest of the whole log")
    .argument("<file>", "the log")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      '\nExample:\n  dreamlog log head demo.sqlite\n\nEqual heads: the same sessions with the same events. It is read and not checked;\n"dreamlog log verify" checks it.',
    )
    .action((file: string, options: JsonOption) =>
      withLog(file, async (open) => {
        const head = await open.log.head();
        print(options, { head, position: await open.log.lastPosition() }, () => [head]);
      }),
    );

  log
    .command("verify")
    .description("recompute every digest and chain; exit code 1 if anything was changed")
    .argument("<file>", "the log")
    .option("--jobs <count>", "threads; one for a small log, else one a processor", toJobs)
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  dreamlog log verify demo.sqlite\n  dreamlog log verify demo.sqlite --json\n\nA problem names its place: session#seq, position, blob. What is on a page that\ncannot be read is named, and the rest is checked.",
    )
    .action((file: string, options: JsonOption & { jobs?: number }) =>
      withLog(file, async (open) => {
        const progress = createProgressLine(process.stderr);
        const check = await verifyLogFile(open, {
          ...(options.jobs === undefined ? {} : { jobs: options.jobs }),
          onProgress: advancing(progress, "verify"),
        });
        progress.end(`${check.events} events, ${check.blobs} blobs`);
        print(options, check, () => checkLines(check));
        if (!check.isSound) process.exitCode = 1;
      }),
    );

  addLogTools(log);
}

function toJobs(text: string): number {
  const jobs = Number(text);
  if (Number.isSafeInteger(jobs) && jobs >= 1) return jobs;
  throw new InvalidArgumentError("expected a whole number from 1");
}
