import { InvalidArgumentError } from "commander";
import type { Box } from "../core/image.ts";

/** @throws {InvalidArgumentError} for anything but `X,Y,WIDTH,HEIGHT` in pixels, neither side 0. */
export function parseBox(text: string): Box {
  const [x, y, width, height] = text.split(",").map(Number);
  const isBox = /^\d+(,\d+){3}$/.test(text) && width! > 0 && height! > 0;
  if (isBox) return { x: x!, y: y!, width: width!, height: height! };
  throw new InvalidArgumentError("Expected four whole numbers, such as 380,190,160,120.");
}
