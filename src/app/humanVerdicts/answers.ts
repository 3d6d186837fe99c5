import type { StoredEvent } from "../../events/envelope.ts";
import type { PayloadOf } from "../../events/eventDefinition.ts";
import { humanAnswered } from "../../events/judging.ts";
import type { EventLog } from "../../ports/eventLog.ts";
import { isA } from "../derivations/rule.ts";

export type AnswerEvent = StoredEvent<PayloadOf<typeof humanAnswered>>;

const pageSize = 1000;

/** Everything answered in the sittings whose names begin so, in the order it was said. */
export async function readAnswers(
  log: EventLog,
  sittings: string,
): Promise<readonly AnswerEvent[]> {
  const answers: AnswerEvent[] = [];
  for (const { id: session } of await log.sessions(sittings)) {
    for (let afterPosition = 0; ;) {
      const types = [humanAnswered.type];
      const page = await log.read({ session, types, afterPosition, limit: pageSize });
      answers.push(...page.filter((event) => isA(event, humanAnswered)));
      const last = page.at(-1);
      if (last === undefined || page.length < pageSize) break;
      afterPosition = last.position;
    }
  }
  return answers;
}

/** What stands of one rater's answers: the last of each group, unless it was taken back. */
export function standingAnswers(answers: readonly AnswerEvent[]): ReadonlyMap<string, AnswerEvent> {
  const standing = new Map<string, AnswerEvent>();
  for (const answer of answers) {
    // Deleted first, so that the map is in the order of what was said last.
    standing.delete(answer.payload.group);
    if (answer.payload.answer !== "withdrawn") standing.set(answer.payload.group, answer);
  }
  return standing;
}
