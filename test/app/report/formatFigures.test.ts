import { describe, expect, it } from "vitest";
import {
  formatArithmetic,
  formatBytes,
  formatQuantity,
  formatRatio,
  formatScore,
  formatSeconds,
} from "../../../src/app/report/formatFigures.ts";

describe("figures as people read them", () => {
  it.each([
    [0.5, "0.50"],
    // Means of halves over 200 trials; no double is quite 0.835.
    [0.835, "0.84"],
    [0.975, "0.98"],
    [-0.104, "-0.10"],
    [undefined, "–"],
    [Number.NaN, "–"],
  ])("score %s", (value, text) => expect(formatScore(value)).toBe(text));

  it.each([
    [0, "0"],
    [0.000_42, "4.2e-4"],
    [0.0123, "0.0123"],
    [1, "1.00"],
    [12.345, "12.3"],
    [99.96, "100"],
    [12_345.6, "12\u202f346"],
    [Number.NaN, "–"],
  ])("quantity %d", (value, text) => expect(formatQuantity(value)).toBe(text));

  it.each([
    [1.2e-5, "12.0 µs"],
    [0.001_14, "1.14 ms"],
    [41.7, "41.7 s"],
    [725, "12 min 05 s"],
    [4123.4, "1 h 08 min"],
  ])("duration %d s", (seconds, text) => expect(formatSeconds(seconds)).toBe(text));

  it("takes the prefix that keeps numbers short", () => {
    expect(formatArithmetic(0.0031)).toBe("3.10 MFLOP");
    expect(formatArithmetic(78_200)).toBe("78.2 TFLOP");
    expect(formatBytes(1_934_000_000)).toBe("1.93 GB");
    expect(formatBytes(17)).toBe("17 B");
  });

  it("shows a ratio only where there is one", () => {
    expect(formatRatio(926.32, 1.12)).toBe("827×");
    expect(formatRatio(1, 0)).toBe("–");
    expect(formatRatio(1, 1000)).toBe("<0.01×");
  });
});
