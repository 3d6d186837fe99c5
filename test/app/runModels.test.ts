import { describe, expect, it } from "vitest";
import { judgeOf, parseRunModels, worldModelOf } from "../../src/app/runModels.ts";

describe("the models that a run begins with", () => {
  it("are its own where none are named", () => {
    expect(parseRunModels({})).toEqual({});
    expect(worldModelOf({})).toEqual({ kind: "trained" });
    expect(judgeOf({})).toEqual({ kind: "geometric" });
  });

  it("are those that are named", () => {
    const models = parseRunModels({
      collector: "matcher",
      worldModel: "untrained:samplingSteps=4",
      judge: "random:seed=7",
    });
    expect(models).toEqual({
      collector: { kind: "matcher" },
      worldModel: { kind: "untrained", samplingSteps: 4 },
      judge: { kind: "random", seed: "7" },
    });
    expect(worldModelOf({ models })).toEqual(models.worldModel);
    expect(judgeOf({ models })).toEqual(models.judge);
  });

  it("give way to those of a branch", () => {
    const models = parseRunModels({ worldModel: "untrained", judge: "random" });
    const branch = {
      steps: [],
      worldModel: { kind: "trained" },
      judge: { kind: "geometric" },
    } as const;
    expect(worldModelOf({ models, branch })).toEqual({ kind: "trained" });
    expect(judgeOf({ models, branch })).toEqual({ kind: "geometric" });
  });

  it.each([
    [{ collector: "file:path=new.onnx" }, "replan"],
    [{ collector: "fine-tuned" }, "replan"],
    [{ worldModel: "file:path=new.onnx" }, "redream"],
    [{ judge: "human:rater=ana" }, "rejudge"],
  ])("are none that only a finished run can take: %o", (texts, command) => {
    expect(() => parseRunModels(texts)).toThrow(
      expect.objectContaining({
        code: "ARGUMENT_INVALID",
        message: expect.stringContaining(`dreamlog ${command} LOG`) as string,
      }),
    );
  });

  it("are refused where nobody knows them", () => {
    expect(() => parseRunModels({ collector: "guess" })).toThrow(/planner "guess"/);
  });
});
