import { DreamlogError } from "../../core/errors.ts";
import type { EventLog } from "../../ports/eventLog.ts";
import type { MadeSettings } from "../branches/resolvePlanner.ts";
import { readAnswers } from "./answers.ts";
import type { HumanJudgeSpec } from "./humanJudge.ts";
import { sittingsOf } from "./sittings.ts";

/**
 * Fixes which answers a branch is judged by: those that the log holds now, or the first so many.
 *
 * @throws {DreamlogError} `STAGE_INCOMPLETE` when the rater answered nothing, or less than was named.
 */
export async function resolveHumanJudge(
  log: EventLog,
  run: Pick<MadeSettings, "seed" | "branch">,
  spec: HumanJudgeSpec,
): Promise<Required<HumanJudgeSpec>> {
  const sittings = sittingsOf(run, spec.rater);
  const { length } = await readAnswers(log, sittings);
  const { answers = length } = spec;
  if (answers > 0 && answers <= length) return { ...spec, sittings, answers };
  throw new DreamlogError(
    "STAGE_INCOMPLETE",
    `expected ${answers > 0 ? answers : "some"} answers of rater ${spec.rater} in sessions "${sittings}…", found ${length}; give them with "dreamlog judge LOG --human --rater ${spec.rater}", or import them`,
    { rater: spec.rater, expected: answers, found: length },
  );
}
