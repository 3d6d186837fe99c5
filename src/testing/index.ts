/*
 * `dreamlog/testing`: properties over recorded sessions, and matchers that keep planners from
 * getting worse. Needs fast-check; the matchers are written for vitest.
 */
import "./vitest.ts";

export { arbitraryKeypoints, arbitraryStart, type KeypointConstraints } from "./arbitraryScene.ts";
export {
  arbitraryEvent,
  arbitraryEventOf,
  arbitraryRun,
  arbitrarySession,
  type GeneratedEvent,
  type GeneratedRun,
  type GeneratedSession,
  type RunConstraints,
} from "./arbitraryRun.ts";
export { assertForRuns, type RunAssertion } from "./assertForRuns.ts";
export {
  dreamlogMatchers,
  toPreferAtLeast,
  toReplayExactly,
  toScoreNoWorseThan,
  type ScoreConstraints,
} from "./matchers.ts";
export { preferredShare, readPreferences, type Preference } from "./preferences.ts";
export { recordRun, saveRun } from "./recordRun.ts";
export { createSystemClock } from "../core/clock.ts";
export { createScoringCell, type ScoringCell, type Start } from "../app/regress/scorePlanner.ts";
export { loadPolicyFile } from "../app/regress/loadPolicyFile.ts";
export { createMatcherPlanner } from "../planning/matcherPlanner.ts";
export { createRandomPlanner } from "../planning/randomPlanner.ts";
export { createScriptedPlanner } from "../planning/scriptedPlanner.ts";
export { openLog, createMemoryLog, type OpenLog } from "../../store/openLog.ts";
