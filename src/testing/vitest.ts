import type {} from "vitest";
import type { Planner } from "../ports/planner.ts";
import type { ScoreConstraints } from "./matchers.ts";
import type { Preference } from "./preferences.ts";

/** What `expect.extend(dreamlogMatchers)` adds to vitest's matchers; see `matchers.ts`. */
interface DreamlogMatchers<Result> {
  toReplayExactly(sessions?: readonly string[]): Promise<Result>;
  toPreferAtLeast(share: number, preferences: readonly Preference[]): Promise<Result>;
  toScoreNoWorseThan(baseline: Planner, constraints?: ScoreConstraints): Promise<Result>;
}

declare module "vitest" {
  // Vitest names the parameter so; the declarations have to agree.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any, @typescript-eslint/no-empty-object-type
  interface Matchers<T = any> extends DreamlogMatchers<T> {}
}
