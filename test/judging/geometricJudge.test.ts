import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { createRgbImage, type RgbImage, type RgbVideo } from "../../src/core/image.ts";
import { createGeometricJudge, verdictOf } from "../../src/judging/geometricJudge.ts";

const sidePx = 64;
type Rgb = readonly [number, number, number];
const blue: Rgb = [60, 80, 170];
const orange: Rgb = [225, 130, 40];

/** A bar on white; `softness` in pixels spreads its ends and sides. */
function bar(left: number, top: number, color = blue, softness = 0): RgbImage {
  const image = createRgbImage(sidePx, sidePx);
  for (let y = 0; y < sidePx; y++) {
    for (let x = 0; x < sidePx; x++) {
      const outside = Math.max(left - x, x - (left + 29), top - y, y - (top + 4), 0);
      const covered = outside === 0 ? 1 : softness === 0 ? 0 : Math.max(0, 1 - outside / softness);
      const pixel = color.map((channel) => Math.round(255 + covered * (channel - 255)));
      image.pixels.set(pixel, (y * sidePx + x) * 3);
    }
  }
  return image;
}

function dreamOf(...frames: RgbImage[]): RgbVideo {
  return { widthPx: sidePx, heightPx: sidePx, fps: 2, frames: frames.map(({ pixels }) => pixels) };
}

const white = createRgbImage(sidePx, sidePx);
white.pixels.fill(255);

const rank = (goal: RgbImage, dreams: readonly RgbVideo[]) =>
  createGeometricJudge().rank({ task: "rope", goal, dreams });

describe("the geometric judge", () => {
  test.prop([fc.integer({ min: 1, max: 15 }), fc.integer({ min: 1, max: 15 })])(
    "prefers the nearer of two displaced shapes",
    async (one, more) => {
      const goal = bar(10, 10);
      const far = dreamOf(bar(10, 10 + one + more));
      const near = dreamOf(bar(10, 10 + one));
      expect((await rank(goal, [far, near])).ranking).toEqual([1, 0]);
    },
  );

  it("finds no distance between a dream and a goal that are the same", async () => {
    expect((await rank(bar(10, 10), [dreamOf(bar(10, 10))])).distances).toEqual([0]);
  });

  it("measures in metres on the table", async () => {
    const [distance] = (await rank(bar(10, 10), [dreamOf(bar(10, 40))])).distances;
    expect(distance).toBeGreaterThan(0.25);
    expect(distance).toBeLessThan(0.31);
  });

  it("prefers a blurred picture of the right place to a sharp one of the wrong place", async () => {
    const verdict = await rank(bar(10, 10), [dreamOf(bar(10, 14)), dreamOf(bar(10, 10, blue, 3))]);
    expect(verdict.ranking[0]).toBe(1);
  });

  it("looks at the last frame only", async () => {
    const goal = bar(10, 10);
    const verdict = await rank(goal, [dreamOf(goal, bar(10, 40)), dreamOf(bar(10, 40), goal)]);
    expect(verdict.ranking).toEqual([1, 0]);
  });

  it("tells a cloth's sides apart where shapes agree", async () => {
    const verdict = await rank(bar(10, 10, orange), [
      dreamOf(bar(10, 10, blue)),
      dreamOf(bar(10, 10, orange)),
    ]);
    expect(verdict.ranking).toEqual([1, 0]);
  });

  it("leaves tied dreams in order of candidate and says so", async () => {
    const verdict = await rank(bar(10, 10), [
      dreamOf(bar(10, 30)),
      dreamOf(bar(10, 20)),
      dreamOf(bar(10, 20)),
    ]);
    expect(verdict).toMatchObject({ ranking: [1, 2, 0], isTied: true });
    expect(verdictOf([3, 1, 2]).isTied).toBe(false);
  });

  it.each([
    ["goal", white, bar(10, 10)],
    ["dream", bar(10, 10), white],
  ])("does not judge a white %s", async (_what, goal, dream) => {
    await expect(rank(goal, [dreamOf(dream)])).rejects.toMatchObject({ code: "MASK_EMPTY" });
  });
});
