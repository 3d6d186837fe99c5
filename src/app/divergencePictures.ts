import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { contentDifferences, type Difference } from "../../replay/contentDifference.ts";
import { createMediaChecks } from "../../replay/mediaChecks.ts";
import type { Divergence } from "../../replay/replayReport.ts";
import { createRgbImage, type RgbImage, type RgbVideo } from "../core/image.ts";
import { decodeMask } from "../core/maskRuns.ts";
import type { StoredEvent } from "../events/envelope.ts";
import { maskSegmented } from "../events/perception.ts";
import { stackFrames } from "../media/frameStack.ts";
import { encodePng } from "../media/imageFormat.ts";
import { maskPicture } from "../media/maskPicture.ts";
import type { OpenLog } from "../../store/openLog.ts";
import type { DerivationRule } from "../ports/derivationRule.ts";
import { ruleOf, type DerivationTools } from "./derivations/registry.ts";
import { createReplayTools } from "./derivations/replayTools.ts";
import { isA } from "./derivations/rule.ts";

/** White columns between the pictures. */
const gapPx = 4;

/**
 * Recomputes a diverged event and writes, for each mask, picture or clip that differs, a PNG with what
 * the log holds, what was found, and their difference beside one another; clips frame under frame.
 *
 * @returns paths of the files; none where nothing of the event can be seen.
 */
export async function writeDivergencePictures(
  { log, blobs }: Pick<OpenLog, "log" | "blobs">,
  divergence: Divergence,
  folder: string,
): Promise<readonly string[]> {
  const event = await log.get(divergence.position);
  const rule = event && ruleOf(event.type, event.producer.component);
  if (event === undefined || rule === undefined || divergence.producerNow === null) return [];
  const pairs = await picturePairs({ log, blobs }, event, rule);
  if (pairs.length > 0) await mkdir(folder, { recursive: true });
  const paths: string[] = [];
  for (const { name, expected, found } of pairs) {
    const path = join(folder, `divergence-${event.position}-${name}.png`);
    await writeFile(path, await encodePng(sideBySide(expected, found)));
    paths.push(path);
  }
  return paths;
}

async function picturePairs(
  { log, blobs }: Pick<OpenLog, "log" | "blobs">,
  event: StoredEvent,
  rule: DerivationRule<DerivationTools>,
): Promise<readonly PicturePair[]> {
  const media = createMediaChecks(blobs);
  const tools = createReplayTools({ log, blobs: media.blobs, media: media.shelf });
  try {
    const causes = await Promise.all(event.causes.map((position) => log.get(position)));
    const step = { ...event, causes: causes.filter((cause) => cause !== undefined) };
    const [found] = await rule.compute([step], tools);
    return isA(event, maskSegmented)
      ? [maskPair(event, found)]
      : await mediaPairs(media.mediaOf, event.payload, found);
  } catch {
    // What cannot be computed or decoded has no picture; the divergence itself says why.
    return [];
  } finally {
    await tools.close();
  }
}

interface PicturePair {
  readonly name: string;
  readonly expected: RgbImage;
  readonly found: RgbImage;
}

function maskPair(event: StoredEvent, found: unknown): PicturePair {
  const pictureOf = (payload: unknown) =>
    maskPicture(decodeMask((payload as { mask: Parameters<typeof decodeMask>[0] }).mask));
  return { name: "mask", expected: pictureOf(event.payload), found: pictureOf(found) };
}

async function mediaPairs(
  mediaOf: ReturnType<typeof createMediaChecks>["mediaOf"],
  expected: unknown,
  found: unknown,
): Promise<readonly PicturePair[]> {
  const pairs: PicturePair[] = [];
  for (const difference of contentDifferences(expected, found)) {
    if (!isOfSamples(difference)) continue;
    pairs.push({
      name: difference.field,
      expected: pictureOf(await mediaOf(difference.expected)),
      found: pictureOf(await mediaOf(difference.found)),
    });
  }
  return pairs;
}

function isOfSamples(difference: Difference): difference is Difference & { kind: "samples" } {
  return difference.kind === "samples";
}

function pictureOf(media: RgbImage | RgbVideo): RgbImage {
  return "frames" in media ? stackFrames(media) : media;
}

/** Expected, found, and where they differ: the brightest place is where they differ most. */
function sideBySide(expected: RgbImage, found: RgbImage): RgbImage {
  const pictures = [expected, found, differenceOf(expected, found)];
  const widthPx = pictures.reduce((sum, picture) => sum + picture.widthPx + gapPx, -gapPx);
  const whole = createRgbImage(widthPx, Math.max(...pictures.map(({ heightPx }) => heightPx)));
  whole.pixels.fill(255);
  let left = 0;
  for (const picture of pictures) {
    for (let y = 0; y < picture.heightPx; y++) {
      const row = picture.pixels.subarray(3 * y * picture.widthPx, 3 * (y + 1) * picture.widthPx);
      whole.pixels.set(row, 3 * (y * widthPx + left));
    }
    left += picture.widthPx + gapPx;
  }
  return whole;
}

/** Of the part that both pictures have. */
function differenceOf(a: RgbImage, b: RgbImage): RgbImage {
  const width = Math.min(a.widthPx, b.widthPx);
  const height = Math.min(a.heightPx, b.heightPx);
  const difference = createRgbImage(width, height);
  let largest = 1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < 3 * width; x++) {
      const value = Math.abs(a.pixels[3 * y * a.widthPx + x]! - b.pixels[3 * y * b.widthPx + x]!);
      difference.pixels[3 * y * width + x] = value;
      largest = Math.max(largest, value);
    }
  }
  for (let at = 0; at < difference.pixels.length; at++) {
    difference.pixels[at] = Math.round((255 * difference.pixels[at]!) / largest);
  }
  return difference;
}
