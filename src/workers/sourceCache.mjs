import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";

const caches = fileURLToPath(new URL("../../node_modules/.cache/dreamlog/", import.meta.url));

/** Where a checkout keeps its compiled sources; checkouts that share packages have one each. */
export function cacheFolder(root) {
  return `${caches}${createHash("sha256").update(root).digest("hex").slice(0, 16)}/`;
}

/** Names the newest build of a checkout: its modules, and the sources it was made from. */
export function manifestPath(root) {
  return `${cacheFolder(root)}manifest.json`;
}
