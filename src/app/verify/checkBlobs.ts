import { digestBytes, isDigest, type Digest } from "../../core/digest.ts";
import { isDreamlogError } from "../../core/errors.ts";
import type { LogTables } from "../../../store/logTables.ts";
import type { NamedBlob } from "./checkEvents.ts";
import { nowhere, type LogProblem } from "./logProblem.ts";

/** Blobs whose digest begins with this hex digit; all of them when empty. */
export type DigestPrefix = string;

/** A blob as the log holds it, with the digest that its bytes have now: null where there are none. */
export interface FoundBlob {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly found: Digest | null;
}

/** A part may hold few: a larger page would list what belongs to others. */
const pageSize = 100;

/** Digests every blob whose own digest begins so. */
export function digestBlobs(
  tables: LogTables,
  prefix: DigestPrefix,
  onProgress: () => void = () => undefined,
): readonly FoundBlob[] {
  const blobs: FoundBlob[] = [];
  // The last digest that could come before those asked for.
  let after = prefix === "" ? null : lastBefore(prefix);
  for (;;) {
    const page = tables.blobs(after, pageSize);
    for (const { digest, mediaType } of page) {
      if (!digest.startsWith(prefix)) return blobs;
      blobs.push({ digest, mediaType, found: digestFound(tables, digest) });
    }
    onProgress();
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) return blobs;
    after = last.digest;
  }
}

/** Null for bytes that are not there or lie on a damaged page. */
function digestFound(tables: LogTables, digest: Digest): Digest | null {
  const bytes = readable(() => tables.blob(digest));
  return bytes === undefined ? null : digestBytes(bytes);
}

function readable<Found>(look: () => Found | undefined): Found | undefined {
  try {
    return look();
  } catch (error) {
    if (!isDreamlogError(error, "LOG_CORRUPT")) throw error;
    return undefined;
  }
}

/** The digest just before the first that begins with a digit; null for the digit 0. */
function lastBefore(digit: string): Digest | null {
  const before = Number.parseInt(digit, 16) - 1;
  return before < 0 ? null : ((before.toString(16) + "f".repeat(63)) as Digest);
}

/**
 * Holds the blobs of a log against the events that name them.
 *
 * @param prunedLists - digests of the lists of blobs that were dropped on purpose.
 */
export function compareBlobs(
  tables: LogTables,
  blobs: readonly FoundBlob[],
  namedBlobs: readonly NamedBlob[],
  prunedLists: readonly Digest[],
): readonly LogProblem[] {
  const problems: LogProblem[] = [];
  const named = mergeByDigest(namedBlobs);
  for (const { digest, mediaType, found } of blobs) {
    const users = named.get(digest);
    named.delete(digest);
    const place = { ...(users?.by ?? nowhere), blob: digest };
    if (found !== digest) {
      const what = `expected bytes of digest ${digest}, found ${found ?? "none"}`;
      problems.push({ code: "BLOB_CORRUPT", ...place, what });
    }
    if (users !== undefined && !users.mediaTypes.includes(mediaType)) {
      const what = `expected ${users.mediaTypes.join(" or ")}, found ${mediaType}`;
      problems.push({ code: "BLOB_CHANGED", ...place, what });
    }
  }
  const pruned = new Set(
    prunedLists.flatMap((list) => digestsIn(readable(() => tables.blob(list)))),
  );
  for (const { digest, by } of named.values()) {
    // A damaged list of blobs may leave out one that is there.
    if (pruned.has(digest) || digestFound(tables, digest) === digest) continue;
    const what = `expected blob ${digest}, found none`;
    problems.push({ code: "BLOB_MISSING", ...by, blob: digest, what });
  }
  return problems;
}

/** One entry a blob: named first by the event that comes first. */
function mergeByDigest(namedBlobs: readonly NamedBlob[]): Map<Digest, NamedBlob> {
  const merged = new Map<Digest, NamedBlob>();
  for (const { digest, by, mediaTypes } of namedBlobs) {
    const first = merged.get(digest);
    const all = new Set([...(first?.mediaTypes ?? []), ...mediaTypes]);
    merged.set(digest, { digest, by: first?.by ?? by, mediaTypes: [...all] });
  }
  return merged;
}

/** A list of digests, 32 bytes each; see `log.pruned`. */
export function digestsIn(list: Uint8Array | undefined): readonly Digest[] {
  if (list === undefined) return [];
  const digests: readonly string[] = Buffer.from(list).toString("hex").match(/.{64}/g) ?? [];
  return digests.filter(isDigest);
}
