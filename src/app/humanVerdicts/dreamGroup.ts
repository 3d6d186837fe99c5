import { createRandom, shuffled } from "../../core/random.ts";
import { digestFields } from "../../core/digest.ts";
import { DreamlogError } from "../../core/errors.ts";
import type { Task } from "../../core/cell.ts";
import { cropTaken } from "../../events/perception.ts";
import { letteredMax } from "../../judging/human/ranking.ts";
import type { EventLog } from "../../ports/eventLog.ts";
import type { MadeSettings } from "../branches/resolvePlanner.ts";
import { readSession } from "../collectedSession.ts";
import type { DreamEvent } from "../dreamCandidates.ts";
import type { CropEvent } from "../observe.ts";
import { sessionName, startsOf } from "../runContext.ts";
import { dreamsOf } from "../stages/judge.ts";

/** The dreams of one start's candidates, and what they are held against. */
export interface DreamGroup {
  /** Such as `rope/00003`. */
  readonly name: string;
  readonly task: Task;
  readonly start: CropEvent;
  readonly goal: CropEvent;
  /** In order of candidate, two or more. */
  readonly dreams: readonly DreamEvent[];
}

/** Names every group of a run, and reads one. */
export interface DreamGroups {
  readonly names: readonly string[];
  /**
   * @returns null for a start with fewer than two dreams, of which nothing can be said.
   * @throws {DreamlogError} `STAGE_INCOMPLETE` unless the run has dreamed; `ARGUMENT_INVALID` for more
   *   dreams than there are letters.
   */
  read(name: string): Promise<DreamGroup | null>;
}

export function dreamGroupsOf(
  log: EventLog,
  settings: Pick<MadeSettings, "seed" | "branch" | "startsPerTask">,
): DreamGroups {
  const starts = new Map(
    startsOf(settings.startsPerTask).map((start) => [
      `${start.task}/${String(start.index).padStart(5, "0")}`,
      start,
    ]),
  );
  return {
    names: [...starts.keys()],
    async read(name) {
      const start = starts.get(name);
      if (start === undefined) return null;
      const { task, index } = start;
      const events = await readSession(log, sessionName(settings, "dream", task, index));
      const dreams = dreamsOf(events);
      if (dreams.length < 2) return null;
      requireLetters(name, dreams.length);
      return {
        name,
        task,
        start: events.get("start/crop/objectOnly", cropTaken),
        goal: events.get("goal/crop/objectOnly", cropTaken),
        dreams,
      };
    },
  };
}

/**
 * By letter, the dream shown under it.
 *
 * @param sheet - names the shuffle: a rater, or the sheet that several raters got.
 */
export function shownOrder(sheet: string, { name, dreams }: Pick<DreamGroup, "name" | "dreams">) {
  const random = createRandom("human verdicts").split(sheet).split(name);
  return shuffled([...dreams.keys()], random);
}

/** Which pictures a group shows, in 12 hex digits: a sheet of other pictures is told by it. */
export function groupMark({ goal, dreams }: Pick<DreamGroup, "goal" | "dreams">): string {
  return digestFields(["dream group", ...[goal, ...dreams].map(({ contentDigest }) => contentDigest)]).slice(0, 12); // prettier-ignore
}

function requireLetters(name: string, count: number): void {
  if (count <= letteredMax) return;
  throw new DreamlogError(
    "ARGUMENT_INVALID",
    `expected at most ${letteredMax} dreams a start for people to rank, found ${count} of ${name}; judge them by a model`,
    { name, count, letteredMax },
  );
}
