import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { samplingTimes, stepTowardsData } from "../../src/dreaming/denoise.ts";

const number = fc.double({ min: -1, max: 1, noNaN: true });
const time = fc.double({ min: 0.05, max: 1, noNaN: true });
const share = fc.double({ min: 0, max: 1, noNaN: true });

test.prop([number, number, time, share])(
  "a denoiser that is right is followed along the straight path from noise to data",
  (data, noise, from, part) => {
    const to = part * from;
    const noisy = Float32Array.of((1 - from) * data + from * noise);
    const [next] = stepTowardsData(noisy, Float32Array.of(data), from, to);
    expect(next).toBeCloseTo((1 - to) * data + to * noise, 4);
  },
);

test.prop([number, number, time])("the last step answers with the guess", (value, guess, from) => {
  const [last] = stepTowardsData(Float32Array.of(value), Float32Array.of(guess), from, 0);
  expect(last).toBeCloseTo(guess, 6);
});

test("asks from pure noise downwards, evenly", () => {
  expect(samplingTimes(1)).toEqual([1]);
  expect(samplingTimes(4)).toEqual([1, 0.75, 0.5, 0.25]);
});
