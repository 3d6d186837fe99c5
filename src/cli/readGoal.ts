import { readFileSync } from "node:fs";
import { DreamlogError } from "../core/errors.ts";
import type { RgbImage } from "../core/image.ts";

/** @throws {DreamlogError} `ARGUMENT_INVALID` when it cannot be read; `IMAGE_INVALID`. */
export async function readGoal(path: string): Promise<RgbImage> {
  const { decodeImage } = await import("../media/imageFormat.ts");
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    throw new DreamlogError(
      "ARGUMENT_INVALID",
      `expected --goal to name a picture, found none that can be read at ${path}`,
    );
  }
  return decodeImage(bytes);
}
