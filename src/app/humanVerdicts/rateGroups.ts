import { createSystemClock, type Clock } from "../../core/clock.ts";
import { invariant } from "../../core/errors.ts";
import { createRandom, shuffled } from "../../core/random.ts";
import { formatRanking, type Tiers } from "../../judging/human/ranking.ts";
import type { BlobStore } from "../../ports/blobStore.ts";
import type { MadeSettings } from "../branches/resolvePlanner.ts";
import { interrupted, type RunContext } from "../runContext.ts";
import type { SheetGroup } from "./contactSheet.ts";
import { dreamGroupsOf, shownOrder, type DreamGroup, type DreamGroups } from "./dreamGroup.ts";
import { groupPictures } from "./groupPictures.ts";
import { readAnswers, standingAnswers, type AnswerEvent } from "./answers.ts";
import { openSitting, sittingsOf, type Sitting } from "./sittings.ts";

/** What a rater says to a group that is shown: places of letters by tier, or something else. */
export type RaterReply =
  | { readonly kind: "ranked"; readonly tiers: Tiers }
  | { readonly kind: "unsure" }
  /** Takes the last answer back and asks it again. */
  | { readonly kind: "undo" }
  | { readonly kind: "quit" };

/** Where a rater sits. */
export interface RaterDesk {
  /** Shows a group, and asks about it; answers `quit` once the program is to stop. */
  ask(group: SheetGroup): Promise<RaterReply>;
  /** There was no answer to take back. */
  refuseUndo(): void;
  /** All groups are answered. @returns whether to take the last answer back after all. */
  askForEnd(): Promise<boolean>;
}

export interface RatingResult {
  readonly rater: string;
  readonly ranked: number;
  readonly unsure: number;
  /** Groups without an answer. */
  readonly left: number;
}

interface Rating {
  readonly groups: DreamGroups;
  /** What stands of the rater's answers, in the order they were given. */
  readonly standing: Map<string, AnswerEvent>;
  /** Groups still to ask, the next first. */
  readonly queue: string[];
  readonly sitting: Sitting;
}

/**
 * Asks a rater about every group of a run's dreams that they have not answered, in an order of their
 * own. Each answer is in the log before the next group is shown, so a rater may stop at any time.
 *
 * @throws {DreamlogError} `INTERRUPTED`, `STAGE_INCOMPLETE` unless the run has dreamed, and what
 *   `sittingsOf` throws.
 */
export async function rateGroups(
  { open, signal }: Pick<RunContext, "open" | "signal">,
  settings: Pick<MadeSettings, "seed" | "branch" | "startsPerTask">,
  asked: { readonly rater: string; readonly desk: RaterDesk; readonly clock?: Clock },
): Promise<RatingResult> {
  const { rater, desk, clock = createSystemClock() } = asked;
  const answers = await readAnswers(open.log, sittingsOf(settings, rater));
  const groups = dreamGroupsOf(open.log, settings);
  const standing = new Map(standingAnswers(answers));
  const order = shuffled(groups.names, createRandom("human verdicts").split(rater));
  const queue = order.filter((name) => !standing.has(name));
  const sitting = await openSitting(open, settings, rater, clock);
  const rating: Rating = { groups, standing, queue, sitting };
  const ask = (name: string) => askOne(rating, name, { rater, desk, clock, blobs: open.blobs });
  try {
    if (queue.length > 0) await askAll(rating, ask, desk);
  } finally {
    await sitting.close();
  }
  if (signal.aborted) throw interrupted("judge");
  const ranked = [...standing.values()].filter(({ payload }) => payload.answer === "ranked").length;
  return { rater, ranked, unsure: standing.size - ranked, left: queue.length };
}

/** Until all is answered and shall stay so, or the rater has enough. */
async function askAll(
  rating: Rating,
  ask: (name: string) => Promise<"answered" | "quit">,
  desk: RaterDesk,
): Promise<void> {
  const { queue } = rating;
  for (;;) {
    for (let name = queue[0]; name !== undefined; name = queue[0]) {
      if ((await ask(name)) === "quit") return;
    }
    if (!(await desk.askForEnd())) return;
    await takeBack(rating);
  }
}

async function askOne(
  rating: Rating,
  name: string,
  at: {
    readonly rater: string;
    readonly desk: RaterDesk;
    readonly clock: Clock;
    readonly blobs: BlobStore;
  },
): Promise<"answered" | "quit"> {
  const { groups, standing, queue } = rating;
  const { rater, desk, clock, blobs } = at;
  const group = await groups.read(name);
  if (group === null) {
    queue.shift();
    return "answered";
  }
  const shown = shownOrder(rater, group);
  const place = `${standing.size + 1} of ${standing.size + queue.length}`;
  const pictures = await groupPictures(blobs, group, shown);
  const shownUs = clock.nowUs();
  const reply = await desk.ask({ name, task: group.task, place, pictures });
  if (reply.kind === "quit") return "quit";
  const tookMs = Math.round((clock.nowUs() - shownUs) / 1000);
  if (reply.kind !== "undo") await keep(rating, group, { sheet: rater, shown, reply, tookMs });
  else if (standing.size === 0) desk.refuseUndo();
  else await takeBack(rating);
  return "answered";
}

async function keep(
  { standing, queue, sitting }: Rating,
  group: DreamGroup,
  given: {
    readonly sheet: string;
    readonly shown: readonly number[];
    readonly reply: Extract<RaterReply, { kind: "ranked" | "unsure" }>;
    readonly tookMs: number;
  },
): Promise<void> {
  const { sheet, shown, reply, tookMs } = given;
  const ranking = reply.kind === "ranked" ? formatRanking(reply.tiers) : null;
  const answer = { sheet, shown, answer: reply.kind, ranking, given: "terminal", tookMs } as const; // prettier-ignore
  standing.set(group.name, await sitting.answer(group, answer));
  queue.shift();
}

/** The last answer that stands goes, and its group is the next to be asked. */
async function takeBack({ groups, standing, queue, sitting }: Rating): Promise<void> {
  const [name, answer] = [...standing].at(-1)!;
  const group = await groups.read(name);
  invariant(group !== null, "what was answered has dreams");
  await sitting.answer(group, {
    sheet: answer.payload.sheet,
    shown: answer.payload.shown,
    answer: "withdrawn",
    ranking: null,
    given: "terminal",
    tookMs: null,
  });
  standing.delete(name);
  queue.unshift(name);
}
