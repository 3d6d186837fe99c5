import { describe, expect, it } from "vitest";
import { encodePrompt, type MaskPrompt } from "../../../src/perception/sam2/maskPrompt.ts";

const frame = { widthPx: 512, heightPx: 256 };
const box = { x: 100, y: 50, width: 40, height: 20 };

describe("a prompt in pixels of the frame", () => {
  it("is stretched to the encoder's square on each axis alone", () => {
    const point = { x: 10, y: 10, isObject: false };
    const { coordinates, labels } = encodePrompt({ box, points: [point] }, frame);
    expect([...coordinates]).toEqual([200, 200, 280, 280, 20, 40]);
    expect([...labels]).toEqual([2, 3, 0]);
  });

  it("has a box cut at the picture's border", () => {
    const wide = { x: -20, y: 250, width: 40, height: 40 };
    const { coordinates } = encodePrompt({ box: wide, points: [] }, frame);
    expect([...coordinates]).toEqual([0, 1000, 40, 1024]);
  });

  it.each<[string, MaskPrompt]>([
    ["a point beyond the right border", { box: null, points: [{ x: 512, y: 3, isObject: true }] }],
    ["a point that is no number", { box: null, points: [{ x: NaN, y: 3, isObject: true }] }],
    ["a box below the picture", { box: { ...box, y: 256 }, points: [] }],
    ["nothing", { box: null, points: [] }],
  ])("is refused: %s", (_, prompt) => {
    expect(() => encodePrompt(prompt, frame)).toThrow(
      expect.objectContaining({ code: "ARGUMENT_INVALID" }) as Error,
    );
  });
});
