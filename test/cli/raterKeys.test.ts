import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { pressKey, replyOfLine, shownTyping } from "../../src/cli/raterKeys.ts";

/** Presses keys until an answer is whole. */
function type(keys: string, count = 4) {
  let text = "";
  for (const key of keys) {
    const typed = pressKey(text, key, count);
    if (typed.reply !== undefined) return typed.reply;
    text = typed.text;
  }
  return text;
}

describe("a rater's keys", () => {
  it("make a ranking, nearest first", () => {
    expect(type("ca=b\r")).toEqual({ kind: "ranked", tiers: [[2], [0, 1], [3]] });
  });

  it("can be taken back one by one, and then the answer before", () => {
    expect(type("cb\u007fa\r")).toEqual({ kind: "ranked", tiers: [[2], [0], [1, 3]] });
    expect(type("c\u007f\u007f")).toEqual({ kind: "undo" });
    expect(type("u")).toEqual({ kind: "undo" });
  });

  it("say that nobody can tell, and that it is enough for now", () => {
    expect(type("ab?")).toEqual({ kind: "unsure" });
    expect(type("q")).toEqual({ kind: "quit" });
  });

  it("that mean nothing change nothing", () => {
    expect(type("aazx1 f")).toBe("A");
  });

  it("end nothing before there is a ranking", () => {
    expect(pressKey("", "\r", 4)).toMatchObject({ problem: expect.stringContaining("column 1") as string }); // prettier-ignore
    expect(pressKey("A=", "\r", 4).problem).toContain("found none");
  });

  it("are shown as they will be read", () => {
    expect(shownTyping("CA=BD")).toBe("C > A = B > D");
  });

  test.prop([fc.string(), fc.integer({ min: 2, max: 16 })])(
    "never make anything but a whole ranking, whatever a line says",
    (line, count) => {
      const { reply } = replyOfLine(line, count);
      if (reply?.kind !== "ranked") return;
      const places = reply.tiers.flat().sort((a, b) => a - b);
      expect(places).toEqual(Array.from({ length: count }, (_, at) => at));
    },
  );
});
