import type { LiveCell, LiveFrame } from "../../../hardware/liveCell.ts";
import type { Clock } from "../../core/clock.ts";
import { pictureOf } from "./livePicture.ts";
import type { LivePlanMade, LiveThinker } from "./liveThinker.ts";
import { aborted } from "./aborted.ts";
import type { LiveMotion, LivePrimitiveOutcome } from "./liveTurn.ts";
import { playPrimitive } from "./playPrimitive.ts";

export interface PlanRun {
  readonly thinker: LiveThinker;
  readonly cell: LiveCell;
  readonly clock: Clock;
  readonly rateHz: number;
  /** The live session; each primitive has a session `<session>/primitive-<n>`. */
  readonly session: string;
  readonly latestFrame: () => LiveFrame;
  readonly primitiveCount: number;
  readonly signal: AbortSignal;
}

/**
 * Plans and carries out primitives, one after the other. While an arm goes home the next one is
 * planned on what the camera sees by then; when the object comes to rest otherwise, it is planned anew.
 * A plan that a service gave no answer to counts as one of them, and the next is asked for.
 *
 * @returns how each ended that was carried out or could not be, as they end.
 */
export async function* carryOutPlan(run: PlanRun): AsyncGenerator<LivePrimitiveOutcome> {
  const { thinker } = run;
  const isEnded = () => run.signal.aborted;
  const planNext = planner(run);
  let plan = await whileWanted(run, planNext());
  for (let left = run.primitiveCount; left > 0 && plan !== null; left--) {
    if (plan.motion === null) {
      yield plan.outcome ?? "failed";
      if (plan.outcome !== "unanswered" || left === 1) return;
      plan = await whileWanted(run, planNext());
      continue;
    }
    if (isEnded()) {
      await thinker.supersede(plan.session, "the session was ended");
      return;
    }
    const { next, outcome } = await carryOutOne(run, plan, plan.motion, left > 1 ? planNext : null);
    yield outcome;
    // What stopped this one would stop the next.
    if (outcome === "refused" || isEnded() || left === 1) return;
    plan = next ?? (await whileWanted(run, planNext()));
  }
}

/**
 * A session that ends waits for no plan: what is still being made is closed with the thread.
 *
 * @returns null when the session ended before the plan was made.
 */
function whileWanted(
  { signal }: PlanRun,
  made: Promise<LivePlanMade>,
): Promise<LivePlanMade | null> {
  return Promise.race([made, aborted(signal).then(() => null)]);
}

/** @returns how it ended, and the plan that was made ahead, where it still holds. */
async function carryOutOne(
  run: PlanRun,
  { session }: LivePlanMade,
  motion: LiveMotion,
  planNext: (() => Promise<LivePlanMade>) | null,
): Promise<{ readonly outcome: LivePrimitiveOutcome; readonly next: LivePlanMade | null }> {
  const { thinker, clock, signal } = run;
  await thinker.begin(session);
  const ahead: Promise<LivePlanMade>[] = [];
  const onShare = (share: number) => {
    if (planNext === null || ahead.length > 0 || share < motion.clearShare) return;
    ahead.push(planNext());
  };
  const playing = { ...run, name: session, nowUs: () => clock.nowUs(), onShare };
  const samples = await playPrimitive(playing, motion);
  const next = (await (ahead[0] && whileWanted(run, ahead[0]))) ?? null;
  const isWaiting = next !== null && next.motion !== null;
  const concluded = await thinker.conclude(session, samples, isWaiting ? next.session : null);
  const { outcome, isAheadGood } = concluded;
  if (!isWaiting) return { outcome, next: null };
  const isOver = outcome === "refused" || signal.aborted;
  if (!isOver && isAheadGood) return { outcome, next };
  const reason = isOver
    ? "the primitive before it did not come to its end"
    : "the object came to rest otherwise than it was seen";
  await thinker.supersede(next.session, reason);
  return { outcome, next: null };
}

/** Names the sessions of the plans in order, whether they are carried out or not. */
function planner({ thinker, session, latestFrame }: PlanRun): () => Promise<LivePlanMade> {
  let planCount = 0;
  return () => {
    const name = `${session}/primitive-${planCount++}`;
    const made = thinker.plan(name, pictureOf(latestFrame().image));
    // Its failure is met where it is awaited.
    made.catch(() => undefined);
    return made;
  };
}
