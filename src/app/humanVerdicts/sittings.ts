import { createSystemClock, ManualClock, type Clock } from "../../core/clock.ts";
import { DreamlogError } from "../../core/errors.ts";
import type { PayloadOf } from "../../events/eventDefinition.ts";
import { humanAnswered } from "../../events/judging.ts";
import type { OpenLog } from "../../../store/openLog.ts";
import type { MadeSettings } from "../branches/resolvePlanner.ts";
import { exactProducer } from "../producers.ts";
import { sessionName } from "../runContext.ts";
import { closeSession, startSession } from "../sessionLifecycle.ts";
import { SessionRecorder } from "../sessionRecorder.ts";
import type { AnswerEvent } from "./answers.ts";
import type { DreamGroup } from "./dreamGroup.ts";

/** What a rater said of one group. */
export type GivenAnswer = Readonly<
  Pick<PayloadOf<typeof humanAnswered>, "sheet" | "answer" | "ranking" | "given" | "tookMs">
> & { readonly shown: readonly number[] };

const producer = exactProducer("app.humanVerdicts", 1);

/**
 * Where a rater's answers are: a session each sitting, beside the dreams they are about, so that those
 * of a branch with other dreams are apart.
 *
 * @returns the beginning of the sessions' names, such as `seed-0/human/ana/`.
 * @throws {DreamlogError} `ARGUMENT_INVALID` for a name that cannot be part of a session's.
 */
export function sittingsOf(settings: Pick<MadeSettings, "seed" | "branch">, rater: string): string {
  if (!/^[\w.-]{1,40}$/.test(rater)) {
    throw new DreamlogError(
      "ARGUMENT_INVALID",
      `expected a rater's name of up to 40 letters, digits and any of . _ - found ${JSON.stringify(rater.slice(0, 100))}`,
      { rater: rater.slice(0, 100) },
    );
  }
  return `${humanSessions(settings)}${rater}/`;
}

/** The beginning of the names of all raters' sessions. */
export function humanSessions(settings: Pick<MadeSettings, "seed" | "branch">): string {
  return sessionName(settings, "dream").replace(/dream$/, "human/");
}

/** One sitting of a rater; nothing is written before the first answer. */
export interface Sitting {
  answer(group: DreamGroup, given: GivenAnswer): Promise<AnswerEvent>;
  /** Closes what was begun. */
  close(): Promise<void>;
}

/** @throws {DreamlogError} `ARGUMENT_INVALID`, as `sittingsOf` says. */
export async function openSitting(
  { log, blobs }: Pick<OpenLog, "log" | "blobs">,
  settings: Pick<MadeSettings, "seed" | "branch">,
  rater: string,
  clock: Clock = createSystemClock(),
): Promise<Sitting> {
  const sittings = sittingsOf(settings, rater);
  const number = (await log.sessions(sittings)).length + 1;
  const session = `${sittings}${String(number).padStart(5, "0")}`;
  const sessionClock = new ManualClock(clock.nowUs());
  const recorder = new SessionRecorder({ log, blobs, session, clock: sessionClock });
  let count = 0;
  return {
    async answer(group, given) {
      recorder.advanceToUs(clock.nowUs());
      if (count === 0) {
        const { seed } = settings;
        await startSession(recorder, {
          purpose: "humanVerdicts",
          task: null,
          seed,
          settings: { rater },
        });
      }
      const payload = { rater, group: group.name, ...given, shown: [...given.shown] };
      const causes = [group.goal, ...group.dreams];
      return recorder.fact(`answer/${count++}`, humanAnswered, payload, { producer, causes });
    },
    async close() {
      if (count === 0) return;
      recorder.advanceToUs(clock.nowUs());
      await closeSession(recorder, "completed");
    },
  };
}
