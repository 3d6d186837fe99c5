import { existsSync, lstatSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { Digest } from "../../core/digest.ts";
import { DreamlogError } from "../../core/errors.ts";

/**
 * Where weights are kept that are too large for a log, a folder for each digest: `DREAMLOG_CACHE`, or
 * `dreamlog` in the user's cache.
 */
export function weightCacheFolder(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const { DREAMLOG_CACHE: own, XDG_CACHE_HOME: shared } = environment;
  const root = own ?? join(shared ?? join(homedir(), ".cache"), "dreamlog");
  return join(root, "sam2");
}

/** @returns the folder of the weights with this digest, whether it is there or not. */
export function cachedFolder(digest: Digest): string {
  return join(weightCacheFolder(), digest);
}

/**
 * Links the folder of a model under its digest, so that worker threads and a later replay find the
 * weights that an event names. Nothing is copied.
 *
 * @throws {DreamlogError} `CHECKPOINT_INVALID` when the link cannot be made.
 */
export function linkIntoCache(digest: Digest, folder: string): void {
  const link = cachedFolder(digest);
  if (resolve(folder) === resolve(link)) return;
  try {
    mkdirSync(weightCacheFolder(), { recursive: true });
    const former = lstatSync(link, { throwIfNoEntry: false });
    // A folder that was downloaded is as good; a link may lead to where the weights were once.
    if (former?.isDirectory() === true) return;
    rmSync(link, { force: true });
    symlinkSync(resolve(folder), link, "junction");
  } catch (error) {
    // Two commands may link the same model at a time.
    if (existsSync(link)) return;
    throw new DreamlogError(
      "CHECKPOINT_INVALID",
      `expected to link ${folder} as ${link}, found ${String(error)}; set DREAMLOG_CACHE to a folder that can be written`,
      { folder, link },
      error,
    );
  }
}

/** @throws {DreamlogError} `BLOB_MISSING` when this machine has not seen the weights. */
export function requireCachedFolder(digest: Digest): string {
  const folder = cachedFolder(digest);
  if (existsSync(folder)) return folder;
  throw new DreamlogError(
    "BLOB_MISSING",
    `expected SAM2 weights with digest ${digest}, found none in ${weightCacheFolder()}; the log names them and does not hold them: run npm run check:sam2 -- --models DIR once with the folder that has them`,
    { digest, folder },
  );
}
