import type { Position, StoredEvent } from "../../events/envelope.ts";
import { derivationReused } from "../../events/session.ts";
import type { EventLog } from "../../ports/eventLog.ts";
import { sessionName, type RunContext } from "../runContext.ts";
import { runStage, stageNames, type StageName } from "../runPipeline.ts";
import type { RunName } from "./runBranch.ts";

/** What a branch cost and what it shares. */
export interface BranchWork {
  /** Derivations of its own, by type of event in order of name. */
  readonly computed: readonly { readonly type: string; readonly count: number }[];
  readonly computedCount: number;
  /** Derivations that another session held under the same key, so nothing was computed. */
  readonly reusedCount: number;
  /** Events of other sessions that its own derive from: read where they are, not copied. */
  readonly sharedCount: number;
}

/**
 * Runs the stages of a branch from the first that it recomputes to the last. What the log holds of
 * them is not computed again, so an interrupted branch goes on where it stopped.
 *
 * @throws {DreamlogError} what the stages throw.
 */
export async function recomputeBranch(context: RunContext, from: StageName): Promise<BranchWork> {
  for (const stage of stageNames.slice(stageNames.indexOf(from))) await runStage(context, stage);
  return branchWork(context.open.log, sessionName(context.settings));
}

/** Counts from the log, so that an interrupted branch counts what it did before, too. */
export async function branchWork(log: EventLog, branch: RunName): Promise<BranchWork> {
  const own = new Set<Position>();
  const causes = new Set<Position>();
  const computed = new Map<string, number>();
  let reusedCount = 0;
  for (const { id } of await log.sessions(`${branch}/`)) {
    for await (const event of ownEvents(log, id)) {
      own.add(event.position);
      if (event.type === derivationReused.type) reusedCount += 1;
      if (event.kind !== "derived") continue;
      computed.set(event.type, (computed.get(event.type) ?? 0) + 1);
      for (const cause of event.causes) causes.add(cause);
    }
  }
  const counts = [...computed].map(([type, count]) => ({ type, count }));
  return {
    computed: counts.sort((a, b) => (a.type < b.type ? -1 : 1)),
    computedCount: counts.reduce((sum, { count }) => sum + count, 0),
    reusedCount,
    sharedCount: [...causes].filter((position) => !own.has(position)).length,
  };
}

/** A session's events without the prefix it shares, a page at a time. */
async function* ownEvents(log: EventLog, session: string): AsyncGenerator<StoredEvent> {
  const info = await log.session(session);
  for (let afterPosition = (info?.firstPosition ?? 1) - 1; ;) {
    const page = await log.read({ session, afterPosition });
    yield* page.filter((event) => event.session === session);
    const last = page.at(-1);
    if (last === undefined) return;
    afterPosition = last.position;
  }
}
