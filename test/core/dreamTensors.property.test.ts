import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { armClipFrameCount, armClipSidePx } from "../../src/core/cell.ts";
import { armPlanes, drawNoise, framesOfInk, inkPlanes } from "../../src/core/dreamTensors.ts";
import { createRandom } from "../../src/core/random.ts";

const side = 4;
const frame = fc.uint8Array({ minLength: 3 * side * side, maxLength: 3 * side * side });

test.prop([fc.array(frame, { minLength: 1, maxLength: 4 })])(
  "frames come back from their ink as they were",
  (frames) => {
    expect(framesOfInk(inkPlanes(frames, side), side)).toEqual(frames);
  },
);

test("white is no ink", () => {
  const white = new Uint8Array(3 * side * side).fill(255);
  expect(inkPlanes([white], side)).toEqual(new Float32Array(3 * side * side));
});

test("ink beyond black and white is cut off", () => {
  const ink = new Float32Array(3 * side * side).fill(1.5);
  ink[0] = -0.5;
  const [pixels] = framesOfInk(ink, side);
  expect(pixels!.slice(0, 2)).toEqual(Uint8Array.of(255, 0));
});

test("arm planes hold the mean of each block, frame by frame and channel by channel", () => {
  const frames = Array.from(
    { length: armClipFrameCount },
    () => new Uint8Array(3 * armClipSidePx * armClipSidePx),
  );
  // Frame 2, green, the second block of the second row: one of its 16 pixels is set.
  frames[2]![3 * (4 * armClipSidePx + 4) + 1] = 160;
  const planes = armPlanes({ widthPx: armClipSidePx, heightPx: armClipSidePx, fps: 2, frames });
  expect(planes[(3 * 2 + 1) * 32 * 32 + 32 + 1]).toBe(10);
  expect(planes.reduce((sum, value) => sum + value)).toBe(10);
});

test("refuses an arm clip of another length", () => {
  const clip = { widthPx: armClipSidePx, heightPx: armClipSidePx, fps: 2, frames: [] };
  expect(() => armPlanes(clip)).toThrow(
    expect.objectContaining({ code: "VIDEO_INVALID" }) as Error,
  );
});

test("noise has mean 0 and variance 1, and is the seed's", () => {
  const noise = drawNoise(createRandom("noise"), 20_000);
  const mean = noise.reduce((sum, value) => sum + value) / noise.length;
  const variance = noise.reduce((sum, value) => sum + value * value, 0) / noise.length;
  expect(mean).toBeCloseTo(0, 1);
  expect(variance).toBeCloseTo(1, 1);
  expect(drawNoise(createRandom("noise"), 10)).toEqual(noise.slice(0, 10));
});
