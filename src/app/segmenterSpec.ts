import type { Digest } from "../core/digest.ts";
import { DreamlogError } from "../core/errors.ts";
import type { Producer } from "../events/envelope.ts";
import { createColourSegmenter } from "../perception/colourSegmenter.ts";
import { downloadWeights, remoteFilesOf } from "../perception/sam2/downloadWeights.ts";
import { loadSam2 } from "../perception/sam2/loadSam2.ts";
import type { Prompting } from "../perception/sam2/prompting.ts";
import type { Sam2Layout } from "../perception/sam2/sam2Layouts.ts";
import { parseSam2Spec, sam2Grammar, type Sam2Request } from "../perception/sam2/sam2Spec.ts"; // prettier-ignore
import { linkIntoCache, requireCachedFolder } from "../perception/sam2/weightCache.ts";
import { openWeightFolder, type WeightFolder } from "../perception/sam2/weightFolder.ts";
import type { Segmenter } from "../ports/segmenter.ts";
import type { Progress } from "./progress.ts";
import { parseSpecText, type AdapterTable } from "./specText.ts";

/**
 * Names a segmenter so that it can be built in any thread, and stand in a run's settings: weights by
 * their digest, wherever this machine keeps them.
 */
export type SegmenterSpec =
  | { readonly kind: "colour" }
  | {
      readonly kind: "sam2";
      readonly layout: Sam2Layout;
      readonly weights: Digest;
      readonly prompting: Prompting;
      readonly threads: number;
    };

/** The segmenter of a run that names no other. */
export const defaultSegmenter: SegmenterSpec = { kind: "colour" };

export const segmenterAdapters = {
  colour: {},
  sam2: sam2Grammar,
} as const satisfies AdapterTable<SegmenterSpec["kind"]>;

export type AnySegmenter = Segmenter & { release?(): Promise<void> };

/**
 * Reads `colour` or `sam2:…`, finds the weights that it names or fetches them, and links them where
 * worker threads and a later replay look for them.
 *
 * @throws {DreamlogError} `ARGUMENT_INVALID` for another text; `CHECKPOINT_INVALID` for weights that
 *   are missing or not the ones named; what downloading throws.
 */
export async function resolveSegmenter(
  text: string,
  working: { readonly progress: Progress; readonly signal: AbortSignal },
): Promise<SegmenterSpec> {
  const { kind } = parseSpecText("segmenter", text, segmenterAdapters);
  if (kind === "colour") return defaultSegmenter;
  const request = parseSam2Spec(text);
  const { layout, digest, folder } = await openWeights(request, working);
  linkIntoCache(digest, folder);
  const { prompting, threads } = request;
  return { kind: "sam2", layout, weights: digest, prompting, threads };
}

async function openWeights(
  { place, isRemote, layout, digest }: Sam2Request,
  { progress, signal }: { readonly progress: Progress; readonly signal: AbortSignal },
): Promise<WeightFolder> {
  if (!isRemote) return requireWeights(await openWeightFolder(place, layout), digest);
  if (layout === undefined || digest === undefined) {
    throw new DreamlogError("ARGUMENT_INVALID", `expected layout and digest with ${place}, found none`); // prettier-ignore
  }
  const files = remoteFilesOf(layout);
  progress.begin("fetch SAM2", files.length);
  let begunCount = 0;
  let fetchedBytes = 0;
  const onDownloaded = (file: string, bytes: number) => {
    const fetchedMb = Math.floor(fetchedBytes / 1e6);
    fetchedBytes += bytes;
    const isNext = files.indexOf(file) === begunCount;
    if (isNext) begunCount += 1;
    if (isNext || Math.floor(fetchedBytes / 1e6) > fetchedMb) {
      progress.advance(isNext && begunCount > 1 ? 1 : 0, `${file}, ${Math.floor(fetchedBytes / 1e6)} MB in all`); // prettier-ignore
    }
  };
  const weights = await downloadWeights({ url: place, layout, digest }, { signal, onDownloaded });
  progress.end(`${weights.files.length} files with digest ${digest}`);
  return weights;
}

/** @throws {DreamlogError} `CHECKPOINT_INVALID` for other weights than those named. */
function requireWeights(found: WeightFolder, digest: Digest | undefined): WeightFolder {
  if (digest === undefined || found.digest === digest) return found;
  throw new DreamlogError(
    "CHECKPOINT_INVALID",
    `expected SAM2 weights with digest ${digest}, found ${found.digest} in ${found.folder}; fetch the files again, or name the digest of those you want`,
    { expected: digest, found: found.digest, folder: found.folder },
  );
}

/**
 * @throws {DreamlogError} `BLOB_MISSING` for weights that this machine has not seen;
 *   `CHECKPOINT_INVALID` for files that changed since, or are no model of their layout.
 */
export async function loadSegmenter(spec: SegmenterSpec): Promise<AnySegmenter> {
  if (spec.kind === "colour") return createColourSegmenter();
  const folder = requireCachedFolder(spec.weights);
  const weights = requireWeights(await openWeightFolder(folder, spec.layout), spec.weights);
  return loadSam2(weights, spec);
}

/** The segmenter that made an event, as its producer names it. */
export function segmenterSpecOf({ config, model }: Producer): SegmenterSpec {
  if (model === null) return defaultSegmenter;
  const { layout, prompting, threads } = config as unknown as Omit<
    Extract<SegmenterSpec, { kind: "sam2" }>,
    "kind" | "weights"
  >;
  return { kind: "sam2", layout, weights: model, prompting, threads };
}
