import { InvalidArgumentError, type Command } from "commander";
import {
  requireSession,
  sessionTree,
  toView,
  viewEvent,
  type EventView,
  type SessionNode,
} from "../../app/inspectLog.ts";
import type { LogProblem } from "../../app/verifyLog.ts";
import { verifyLogFile } from "../../app/verifyLogFile.ts";
import type { SessionInfo } from "../../ports/eventLog.ts";
import { formatBytes, formatTime } from "../format.ts";
import { print, type JsonOption } from "../printResult.ts";
import { createProgressLine } from "../progressLine.ts";
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
    .action((file: string, prefix: string, options: JsonOption & { tree?: true }) =>
      withLog(file, async (open) => {
        const sessions = await open.log.sessions(prefix);
        const tree = sessionTree(sessions);
        print(options, options.tree ? tree : sessions, () =>
          options.tree ? treeLines(tree) : sessions.map((session) => sessionLine(session)),
        );
      }),
    );

  log
    .command("show")
    .description("one session's events, or one event by its position, with causes")
    .argument("<file>", "the log")
    .argument("<what>", "a session's name or a position")
    .option("--json", "as JSON")
    .action((file: string, what: string, options: JsonOption) =>
      withLog(file, async ({ log: events }) => {
        if (/^\d+$/.test(what)) {
          const view = await viewEvent(events, Number(what));
          print(options, view, () => [JSON.stringify(view, null, 2)]);
          return;
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
    .action((file: string, options: JsonOption) =>
      withLog(file, async (open) => {
        const stats = await open.log.stats();
        print(options, stats, () => [
          `${stats.sessions} sessions, ${stats.events} events, ${stats.blobs} blobs, ${formatBytes(stats.bytes)}`,
          ...stats.byType.map(
            ({ type, events, bytes }) =>
              `  ${type.padEnd(36)} ${String(events).padStart(8)}  ${formatBytes(bytes).padStart(9)}`,
          ),
        ]);
      }),
    );

  log
    .command("head")
    .description("digest of the whole log")
    .argument("<file>", "the log")
    .option("--json", "as JSON")
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
    .action((file: string, options: JsonOption & { jobs?: number }) =>
      withLog(file, async (open) => {
        const progress = createProgressLine(process.stderr);
        let shown: number | undefined;
        const check = await verifyLogFile(open, {
          ...(options.jobs === undefined ? {} : { jobs: options.jobs }),
          onProgress: (done, total) => {
            if (shown === undefined) progress.begin("verify", total);
            progress.advance(done - (shown ?? 0));
            shown = done;
          },
        });
        progress.end(`${check.events} events, ${check.blobs} blobs`);
        print(options, check, () => [
          ...check.problems.map(problemLine),
          check.isSound ? "sound" : `${check.problems.length} problems`,
        ]);
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

function problemLine({ code, session, seq, position, blob, what }: LogProblem): string {
  const places = [
    session === null ? [] : [`${session}#${String(seq)}`],
    position === null ? [] : [`position ${position}`],
    blob === null ? [] : [`blob ${blob}`],
  ].flat();
  return [code, ...places].join(" ") + `: ${what}`;
}

function sessionLine(session: SessionInfo, indent = ""): string {
  const name = `${indent}${session.id}`.padEnd(44);
  const state = session.isClosed ? "closed" : "open";
  return `${name} ${String(session.eventCount).padStart(6)} events  ${state.padEnd(6)}  ${session.head.slice(0, 12)}`;
}

/** Branches under what they branch from; a name that goes on from its parent's is shortened. */
function treeLines(nodes: readonly SessionNode[], indent = "", parent = ""): string[] {
  return nodes.flatMap((node) => {
    const isLonger = parent !== "" && node.id.startsWith(parent);
    const shown = isLonger ? `…${node.id.slice(parent.length)}` : node.id;
    const branchOf = node.id.slice(0, node.id.lastIndexOf("/"));
    return [
      sessionLine({ ...node, id: shown }, indent),
      ...treeLines(node.branches, `${indent}  `, node.id.includes("~") ? branchOf : node.id),
    ];
  });
}

function eventLine(event: EventView): string {
  const causes = event.causes.map(({ position }) => position).join(" ");
  const from = causes === "" ? "" : `  ← ${causes}`;
  return `${String(event.position).padStart(8)} ${String(event.seq).padStart(4)}  ${formatTime(event.sourceTimeUs)}  ${event.kind.padEnd(7)} ${event.type}${from}`;
}
