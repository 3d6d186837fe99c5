// Makes the TypeScript of a checkout importable, at the speed of JavaScript where it can: what the
// command line and its threads start with is compiled once and kept until a source file changes.
import { existsSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { manifestPath } from "./sourceCache.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));

/**
 * Where to import TypeScript modules from that belong together: all compiled, or else all as they
 * are, with tsx registered for whatever is imported from then on.
 *
 * @param {readonly string[]} urls - of modules of the checkout.
 * @returns {Promise<readonly string[]>} URLs that can be imported.
 */
export async function importable(urls) {
  const compiled = (await currentBuild())?.modules ?? {};
  const files = urls.map((url) => compiled[fileURLToPath(url).slice(root.length)]);
  // A build may have been removed since, or closed to this user.
  if (files.every((file) => file !== undefined && existsSync(file))) {
    return files.map((file) => pathToFileURL(file).href);
  }
  const { register } = await import("tsx/esm/api");
  register();
  return urls;
}

/** The build of the sources as they are, made anew where they changed; null where none can be made. */
async function currentBuild() {
  const known = readManifest();
  if (known !== null && isCurrent(known)) return known;
  try {
    const { compileSources } = await import("./compileSources.mjs");
    return await compileSources(root);
  } catch {
    // No folder to write to, or a source that does not compile: tsx says what is wrong with it.
    return null;
  }
}

function readManifest() {
  try {
    return JSON.parse(readFileSync(manifestPath(root), "utf8"));
  } catch {
    return null;
  }
}

function isCurrent({ sources }) {
  return Object.entries(sources).every(([file, [mtimeMs, size]]) => {
    const found = statSync(root + file, { throwIfNoEntry: false });
    return found?.mtimeMs === mtimeMs && found.size === size;
  });
}
