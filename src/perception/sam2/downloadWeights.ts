import { createWriteStream, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import type { Digest } from "../../core/digest.ts";
import { DreamlogError, isDreamlogError } from "../../core/errors.ts";
import { contractsOf, furtherFilesOf, type Sam2Layout } from "./sam2Layouts.ts";
import { cachedFolder, weightCacheFolder } from "./weightCache.ts";
import { openWeightFolder, type WeightFolder } from "./weightFolder.ts";

export interface WeightSource {
  /** The folder that the files are in; ends in a slash. */
  readonly url: string;
  readonly layout: Sam2Layout;
  /** Of all files together, see `WeightFolder`. */
  readonly digest: Digest;
}

/** So many bytes more of a file are here. */
export type OnDownloaded = (file: string, bytes: number) => void;

/**
 * Fetches a model into the cache, unless it is there: only what the caller named, and kept only if it
 * has the digest that the caller named with it.
 *
 * @throws {DreamlogError} `REMOTE_UNAVAILABLE` when the server cannot be reached or breaks off;
 *   `REMOTE_REFUSED` for a file that it does not give; `CHECKPOINT_INVALID` for another digest.
 */
export async function downloadWeights(
  source: WeightSource,
  options: { readonly onDownloaded: OnDownloaded; readonly signal?: AbortSignal },
): Promise<WeightFolder> {
  const folder = cachedFolder(source.digest);
  if (existsSync(folder)) return requireDigest(await openWeightFolder(folder, source.layout), source); // prettier-ignore
  const partial = join(weightCacheFolder(), `partial-${source.digest}-${process.pid}`);
  rmSync(partial, { recursive: true, force: true });
  try {
    for (const file of remoteFilesOf(source.layout))
      await fetchFile(source.url, file, partial, options);
    requireDigest(await openWeightFolder(partial, source.layout), source);
    renameSync(partial, folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return openWeightFolder(folder, source.layout);
}

/** Names below the URL: square-zero keeps its graphs in a folder of their own. */
export function remoteFilesOf(layout: Sam2Layout): readonly string[] {
  const within = layout === "square-zero" ? "onnx/" : "";
  return [
    ...Object.keys(contractsOf(layout)).map((graph) => `${within}${graph}.onnx`),
    ...furtherFilesOf(layout),
  ];
}

function requireDigest(found: WeightFolder, { url, digest }: WeightSource): WeightFolder {
  if (found.digest === digest) return found;
  const files = found.files.map((file) => `${file.digest}  ${file.name}`);
  throw new DreamlogError(
    "CHECKPOINT_INVALID",
    `expected weights with digest ${digest}, found ${found.digest} from ${url}; these files came: ${files.join(", ")}. If they are the ones you want, name their digest`,
    { url, expected: digest, found: found.digest, files },
  );
}

async function fetchFile(
  url: string,
  file: string,
  folder: string,
  options: { readonly onDownloaded: OnDownloaded; readonly signal?: AbortSignal },
): Promise<void> {
  const address = new URL(file, url).href;
  const path = join(folder, file);
  mkdirSync(dirname(path), { recursive: true });
  try {
    const { signal } = options;
    const response = await fetch(address, signal === undefined ? {} : { signal });
    if (!response.ok || response.body === null) throw refused(address, response.status);
    const counting = new Transform({
      transform(chunk: Uint8Array, _encoding, done) {
        options.onDownloaded(file, chunk.length);
        done(null, chunk);
      },
    });
    const body = Readable.fromWeb(response.body as ReadableStream<Uint8Array>);
    await pipeline(body, counting, createWriteStream(path));
  } catch (error) {
    if (isDreamlogError(error)) throw error;
    throw new DreamlogError(
      "REMOTE_UNAVAILABLE",
      `expected ${address} to arrive whole, found ${String(error)}; try again, or fetch it by hand and name its folder`,
      { address },
      error,
    );
  }
}

function refused(address: string, status: number): DreamlogError {
  return new DreamlogError(
    "REMOTE_REFUSED",
    `expected a file at ${address}, found status ${status}; check the address and its layout=`,
    { address, status },
  );
}
