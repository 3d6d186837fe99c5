import { describe, expect, it } from "vitest";
import { reachOf } from "../../../src/app/branches/branchRequest.ts";
import { parentOf, sessionName } from "../../../src/app/runContext.ts";
import { settingsOf, type RunSettings } from "../../../src/app/settings.ts";

const run = settingsOf("demo", "7");

function branchOf(parent: RunSettings, name: string, recomputes: readonly string[]): RunSettings {
  const steps = [...(parent.branch?.steps ?? []), { name, recomputes }];
  return { ...parent, branch: { ...parent.branch, steps } };
}

const rejudged = branchOf(run, "kp", reachOf({ kind: "rejudge", judge: { kind: "geometric" } }).recomputes); // prettier-ignore
const retrained = branchOf(rejudged, "k4", reachOf({ kind: "retrain", loss: "orpo" }).recomputes);

describe("the sessions of a branch", () => {
  it("are its own where it recomputes, and its run's where it does not", () => {
    expect(sessionName(rejudged, "judge")).toBe("seed-7+kp/judge");
    expect(sessionName(rejudged, "orpo", "orpo")).toBe("seed-7+kp/orpo/orpo");
    expect(sessionName(rejudged, "dream", "rope", 3)).toBe("seed-7/dream/rope/00003");
    expect(sessionName(rejudged, "evaluate", "random", "rope", 3)).toBe(
      "seed-7/evaluate/random/rope/00003",
    );
  });

  it("are those of the branch nearest above, in a branch of a branch", () => {
    expect(sessionName(retrained, "orpo", "orpo")).toBe("seed-7+kp+k4/orpo/orpo");
    expect(sessionName(retrained, "orpo", "dreamplanEq5")).toBe("seed-7+kp/orpo/dreamplanEq5");
    expect(sessionName(retrained, "judge")).toBe("seed-7+kp/judge");
    expect(sessionName(retrained, "collect", "toy", 0)).toBe("seed-7/collect/toy/00000");
  });

  it("do not take a stage for another whose name begins so", () => {
    const branch = branchOf(run, "x", ["evaluate/orpo"]);
    expect(sessionName(branch, "evaluate", "orpoX", 1)).toBe("seed-7/evaluate/orpoX/00001");
  });

  it("fork from the session of the same name in what they branch from", () => {
    expect(parentOf(run, "judge")).toEqual({});
    expect(parentOf(rejudged, "dream", "rope", 0)).toEqual({});
    expect(parentOf(rejudged, "judge").parent).toEqual({
      session: "seed-7/judge",
      event: "seed-7/judge#started",
    });
    expect(parentOf(retrained, "orpo", "orpo").parent?.session).toBe("seed-7+kp/orpo/orpo");
    expect(parentOf(retrained, "judge").parent?.session).toBe("seed-7/judge");
  });
});

describe("what a branch recomputes", () => {
  const pathsOf = (kind: "replan" | "redream" | "rejudge") =>
    reachOf(
      kind === "replan"
        ? { kind, planner: { kind: "matcher" } }
        : kind === "redream"
          ? { kind, worldModel: { kind: "untrained" } }
          : { kind, judge: { kind: "geometric" } },
    ).recomputes;

  it("grows with every stage that it begins further above", () => {
    expect(pathsOf("redream")).toEqual(expect.arrayContaining([...pathsOf("rejudge")]));
    expect(pathsOf("replan")).toEqual(expect.arrayContaining([...pathsOf("redream")]));
  });

  it("never is a method that neither dreams nor learns", () => {
    for (const method of ["random", "matcher", "oracle", "start", "audit"]) {
      expect(pathsOf("replan")).not.toContain(`evaluate/${method}`);
    }
  });
});
