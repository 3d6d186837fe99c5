import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { actionAt, indexOfAction } from "../../src/core/actionSpace.ts";
import { composePrompt, formatAction, parseAction } from "../../src/planning/actionGrammar.ts";

const space = { sourceCount: 12, targetCount: 10, actionCount: 240 };
const actions = fc.nat(space.actionCount - 1).map((index) => actionAt(space, index));

describe("the action grammar", () => {
  test.prop([actions])("reads back what it writes", (action) => {
    expect(parseAction(formatAction(action), space)).toEqual(action);
  });

  test.prop([actions])("reads the last action of a talkative answer", (action) => {
    const answer = `First {"arm":"left"}, no:\n\`\`\`json\n${formatAction(action)}\n\`\`\` Done.`;
    expect(parseAction(answer, space)).toEqual(action);
  });

  test.prop([fc.nat(space.actionCount - 1)])("numbers every action once", (index) => {
    expect(indexOfAction(space, actionAt(space, index))).toBe(index);
  });

  it.each([
    ["no object", "left 3 7"],
    ["broken JSON", '{"arm":"left","source":3,}'],
    ["an unknown arm", '{"arm":"middle","source":3,"target":7}'],
    ["a fraction", '{"arm":"left","source":3.5,"target":7}'],
    ["a field too many", '{"arm":"left","source":3,"target":7,"speed":1}'],
    ["a source that is not there", '{"arm":"left","source":12,"target":7}'],
    ["a target that is not there", '{"arm":"left","source":3,"target":10}'],
  ])("refuses an answer with %s", (_name, answer) => {
    expect(() => parseAction(answer, space)).toThrow(
      expect.objectContaining({ code: "ANSWER_INVALID" }) as Error,
    );
  });

  it("tells the planner which keypoints there are", () => {
    const prompt = composePrompt("rope", space);
    expect(prompt).toContain("source keypoints 0 to 11");
    expect(prompt).toContain("target keypoints 0 to 9");
  });
});
