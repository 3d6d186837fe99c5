import { DreamlogError } from "../../core/errors.ts";
import { sessionStarted } from "../../events/session.ts";
import type { SessionId } from "../../events/envelope.ts";
import type { EventLog } from "../../ports/eventLog.ts";
import { readEvents } from "../collectedSession.ts";
import type { RunSettings } from "../settings.ts";
import type { MadeSettings } from "./resolvePlanner.ts";
import type { RunName } from "./runBranch.ts";

/** The session whose first event holds a branch's settings. */
export const branchSession = "branch";

/** Runs and branches that a log holds, in order of name. */
export async function runsOf(log: EventLog): Promise<readonly RunName[]> {
  const names = (await log.sessions("seed-")).flatMap(
    ({ id }) => /^(seed-[^/+]+)\/checkpoints$|^(seed-[^/]+)\/branch$/.exec(id)?.slice(1) ?? [],
  );
  return names.filter((name) => (name as string | undefined) !== undefined);
}

/**
 * A run or branch of the log with the settings it was made with, all of which the log holds.
 *
 * @param name - the log's only run when left out.
 * @throws {DreamlogError} `SESSION_UNKNOWN` when there is no such run, or several and no name;
 *   `STAGE_INCOMPLETE` for a run that was not evaluated.
 */
export async function findRun(
  log: EventLog,
  name?: RunName,
): Promise<{ readonly name: RunName; readonly settings: RunSettings }> {
  const runs = await runsOf(log);
  const roots = runs.filter((run) => !run.includes("+"));
  const wanted = name ?? (roots.length === 1 ? roots[0] : undefined);
  if (wanted === undefined || !runs.includes(wanted)) {
    const found = name === undefined ? `${roots.length} runs` : `"${name}"`;
    const known = runs.length === 0 ? "it holds none" : `it holds ${runs.join(", ")}`;
    throw new DreamlogError(
      "SESSION_UNKNOWN",
      `expected a run of this log, found ${found}; ${known}: name one of these, with --run or as LOG@RUN`,
      { name: name ?? null, runs },
    );
  }
  const settings = wanted.includes("+")
    ? await startSettings(log, `${wanted}/${branchSession}`)
    : await rootSettings(log, wanted);
  return { name: wanted, settings: settings as RunSettings };
}

/**
 * The settings of the run or branch that a session belongs to, evaluated or not.
 *
 * @throws {DreamlogError} `SESSION_UNKNOWN` for a session of no run.
 */
export async function runOfSession(log: EventLog, session: SessionId): Promise<MadeSettings> {
  const name = session.slice(0, session.indexOf("/"));
  const runs = await runsOf(log);
  if (!runs.includes(name)) {
    throw new DreamlogError(
      "SESSION_UNKNOWN",
      `session ${session}: expected one of a run, whose checkpoints it can go on with, found none of ${runs.join(", ")}`,
      { session, runs },
    );
  }
  const holder = name.includes("+") ? branchSession : "checkpoints";
  return (await startSettings(log, `${name}/${holder}`)) as MadeSettings;
}

/** A run tells its settings in two places: how it was made, and on which starts it was evaluated. */
async function rootSettings(log: EventLog, name: RunName): Promise<unknown> {
  const [summary] = await log.sessions(`${name}/evaluate/summary/`);
  if (summary?.isClosed !== true) {
    throw new DreamlogError(
      "STAGE_INCOMPLETE",
      `run ${name}: expected a finished evaluation, found none; run "dreamlog evaluate" first`,
      { name },
    );
  }
  const made = await startSettings(log, `${name}/checkpoints`);
  return { ...made, evaluation: await startSettings(log, summary.id) };
}

async function startSettings(log: EventLog, session: string): Promise<object> {
  const { payload } = (await readEvents(log, session)).get("started", sessionStarted);
  return JSON.parse(payload.settings) as object;
}
