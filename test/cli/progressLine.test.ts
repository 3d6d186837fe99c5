import { describe, expect, it, vi } from "vitest";
import { createProgressLine } from "../../src/cli/progressLine.ts";

function fakeStream(isTTY: boolean) {
  const written: string[] = [];
  return {
    written,
    stream: {
      isTTY,
      columns: 80,
      write: (text: string) => {
        written.push(text);
        return true;
      },
    } as Parameters<typeof createProgressLine>[0],
  };
}

describe("progress line", () => {
  it("is rewritten in place on a terminal, with the time left", () => {
    const { stream, written } = fakeStream(true);
    const progress = createProgressLine(stream);
    progress.begin("collect", 4);
    progress.advance(1, "rope");
    expect(written.every((text) => text.startsWith("\r") && !text.includes("\n"))).toBe(true);
    expect(written.at(-1)).toMatch(/collect +25 % {2}1\/4, \d+ s left {2}rope/);
  });

  it("tells the time left by the latest pace: what a resumed stage finds done says nothing", () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    try {
      const { stream, written } = fakeStream(true);
      const progress = createProgressLine(stream);
      progress.begin("collect", 1000);
      progress.advance(900);
      for (let item = 0; item < 10; item++) {
        vi.advanceTimersByTime(10_000);
        progress.advance(1);
      }
      expect(written.at(-1)).toContain("910/1000, 15 min 00 s left");
    } finally {
      vi.useRealTimers();
    }
  });

  it("never wraps on a terminal of 80 columns", () => {
    const { stream, written } = fakeStream(true);
    const progress = createProgressLine(stream);
    progress.begin("collect", 4);
    progress.advance(1, "a note that goes on and on ".repeat(5));
    expect(written.at(-1)!.replace("\r\u001b[2K", "").length).toBeLessThan(80);
  });

  it("ends with a line of its own that says what came of the stage", () => {
    const { stream, written } = fakeStream(true);
    const progress = createProgressLine(stream);
    progress.begin("judge", 1);
    progress.advance(1);
    progress.end("1 verdict");
    expect(written.at(-1)).toMatch(/judge +0 s {2}1 verdict\n$/);
  });

  it("breaks what came of a stage into lines of 80 columns, under one another", () => {
    const { stream, written } = fakeStream(true);
    const progress = createProgressLine(stream);
    progress.begin("judge", 1);
    progress.end("72 groups of 8 candidates each, of which 12 were in the log already");
    const lines = written.at(-1)!.replace("\r\u001b[2K", "").trimEnd().split("\n");
    expect(lines).toHaveLength(3);
    expect(lines.every((line) => line.length <= 80)).toBe(true);
    expect(lines[1]!.search(/\S/)).toBe(lines[0]!.indexOf("72 groups"));
  });

  it("is plain lines elsewhere, and not one for every item", () => {
    const { stream, written } = fakeStream(false);
    const progress = createProgressLine(stream);
    progress.begin("collect", 1000);
    for (let item = 0; item < 1000; item++) progress.advance(1);
    progress.end("1000 trajectories");
    expect(written.length).toBeLessThan(5);
    expect(written.join("")).not.toContain("\u001b");
    expect(written.at(-1)).toMatch(/1000 trajectories\n$/);
  });
});
