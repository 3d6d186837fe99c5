import { DreamlogError, invariant } from "../../core/errors.ts";
import { cameraCalibrated } from "../../events/environment.ts";
import { dreamImagined } from "../../events/dreaming.ts";
import type { Position, StoredEvent } from "../../events/envelope.ts";
import type { EventDefinition, PayloadOf } from "../../events/eventDefinition.ts";
import { verdictGiven } from "../../events/judging.ts";
import { preferencesPaired } from "../../events/learning.ts";
import { keypointsSampled } from "../../events/perception.ts";
import { planProposed } from "../../events/planning.ts";
import { derivationReused } from "../../events/session.ts";
import type { EventLog } from "../../ports/eventLog.ts";
import { roleOf } from "../collectedSession.ts";
import { isA } from "../derivations/rule.ts";
import { pairPreferences, type PairsEvent } from "../pairPreferences.ts";
import { sessionName, type RunContext } from "../runContext.ts";
import type { SessionRecorder } from "../sessionRecorder.ts";

const pageSize = 1000;

/**
 * What a run's planner learns from: its preference pairs, or what a branch makes of them.
 *
 * @param recorder - of the training's session, which holds pairs that are made anew.
 * @returns in order of the start they belong to, whatever the order of the log.
 * @throws {DreamlogError} `STAGE_INCOMPLETE` when there is none.
 */
export async function preferencePairs(
  context: RunContext,
  recorder: SessionRecorder,
): Promise<readonly PairsEvent[]> {
  const { settings, open } = context;
  const { candidateCount, uptoPosition } = settings.branch?.preferences ?? {};
  const session = sessionName(settings, "judge");
  const all = await readPairs(open.log, session, uptoPosition);
  const pairs =
    candidateCount === undefined || candidateCount === settings.candidateCount
      ? all
      : await pairAnew(recorder, all, candidateCount);
  if (pairs.length > 0) return pairs;
  const upto = uptoPosition === undefined ? "" : ` up to position ${uptoPosition}`;
  throw new DreamlogError(
    "STAGE_INCOMPLETE",
    `session ${session}: expected preference pairs${upto}, found none; judge first, or learn from a later position on`,
    { session, uptoPosition },
  );
}

/**
 * The pairs of a session, also those that another session had computed already.
 *
 * @param uptoPosition - events after it are as if they were not there.
 * @returns in order of the role that they have in the session.
 */
export async function readPairs(
  log: EventLog,
  session: string,
  uptoPosition: Position = Number.MAX_SAFE_INTEGER,
): Promise<readonly PairsEvent[]> {
  const pairs: { readonly role: string; readonly event: PairsEvent }[] = [];
  for (let afterPosition = 0; ;) {
    const page = await log.read({
      session,
      types: [preferencesPaired.type, derivationReused.type],
      afterPosition,
      uptoPosition,
      limit: pageSize,
    });
    for (const stored of page) {
      const [role, event] = await roleOf(log, stored);
      if (isA(event, preferencesPaired)) pairs.push({ role, event });
    }
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) break;
    afterPosition = last.position;
  }
  return pairs.sort((a, b) => (a.role < b.role ? -1 : 1)).map(({ event }) => event);
}

/** Best of the first K candidates of each judged group; groups with fewer than two are left out. */
async function pairAnew(
  recorder: SessionRecorder,
  pairs: readonly PairsEvent[],
  candidateCount: number,
): Promise<readonly PairsEvent[]> {
  const anew: PairsEvent[] = [];
  for (const pair of pairs) {
    const [plan, verdict, current, goal, camera] = await causesOf(recorder.log, pair);
    const judged = eventOf(verdictGiven, verdict);
    // A verdict names the goal's crop, the dreams and, where the judge was asked, its answers.
    const judgedBy = await causesOf(recorder.log, judged);
    const dreams = judgedBy.filter((event) => isA(event, dreamImagined));
    const made = await pairPreferences(
      recorder,
      pair.id.slice(pair.id.indexOf("#") + 1),
      {
        plan: eventOf(planProposed, plan),
        current: eventOf(keypointsSampled, current),
        goal: eventOf(keypointsSampled, goal),
        camera: eventOf(cameraCalibrated, camera),
      },
      judged,
      dreams,
      candidateCount,
    );
    if (made !== null) anew.push(made);
  }
  return anew;
}

async function causesOf(log: EventLog, { causes }: StoredEvent): Promise<readonly StoredEvent[]> {
  const events = await Promise.all(causes.map((position) => log.get(position)));
  return events.filter((event) => event !== undefined);
}

function eventOf<Definition extends EventDefinition>(
  definition: Definition,
  event: StoredEvent | undefined,
): StoredEvent<PayloadOf<Definition>> {
  invariant(event?.type === definition.type, `a ${definition.type} is among the causes`);
  return event as StoredEvent<PayloadOf<Definition>>;
}
