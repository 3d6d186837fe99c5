import type { MaskRuns } from "../src/core/maskRuns.ts";
import type { BlobRef, MediaRef } from "../src/events/media.ts";

/** One place where two payloads differ. */
export type Difference =
  | {
      readonly kind: "value";
      /** Dotted, array places in brackets, such as `candidates[2].logProbability`. */
      readonly field: string;
      readonly expected: unknown;
      readonly found: unknown;
    }
  | {
      /** Masks of the same size that set other pixels. */
      readonly kind: "mask";
      readonly field: string;
      readonly expected: MaskRuns;
      readonly found: MaskRuns;
    }
  | {
      /** Pictures or clips with other samples. */
      readonly kind: "samples";
      readonly field: string;
      readonly expected: MediaRef;
      readonly found: MediaRef;
    }
  | {
      /** Other bytes that are no picture, such as weights. */
      readonly kind: "bytes";
      readonly field: string;
      readonly expected: BlobRef;
      readonly found: BlobRef;
    };

/**
 * Where two payloads of one type differ, in order of the fields. What media were encoded with does not
 * count: only their samples do, as in the content digest.
 */
export function* contentDifferences(
  expected: unknown,
  found: unknown,
  field = "",
): Generator<Difference> {
  if (Object.is(expected, found)) return;
  if (isMediaRef(expected) && isMediaRef(found)) {
    const { blob: _expectedBlob, ...expectedContent } = expected;
    const { blob: _foundBlob, ...foundContent } = found;
    if (expected.decoded !== found.decoded) yield { kind: "samples", field, expected, found };
    else yield* ofFields(expectedContent, foundContent, field);
  } else if (isBlobRef(expected) && isBlobRef(found)) {
    if (expected.digest !== found.digest) yield { kind: "bytes", field, expected, found };
  } else if (isMask(expected) && isMask(found) && isOfOneSize(expected, found)) {
    const isSame = firstDifference(expected, found, field) === undefined;
    if (!isSame) yield { kind: "mask", field, expected, found };
  } else if (isList(expected) && isList(found)) {
    yield* ofLists(expected, found, field);
  } else if (isRecord(expected) && isRecord(found)) {
    yield* ofFields(expected, found, field);
  } else yield { kind: "value", field, expected, found };
}

function* ofLists(
  expected: ArrayLike<unknown>,
  found: ArrayLike<unknown>,
  field: string,
): Generator<Difference> {
  if (expected.length !== found.length) {
    const at = `${field}.length`;
    yield { kind: "value", field: at, expected: expected.length, found: found.length };
  }
  for (let at = 0; at < Math.min(expected.length, found.length); at++) {
    // Trajectories have thousands of numbers, nearly all of which agree.
    if (Object.is(expected[at], found[at])) continue;
    yield* contentDifferences(expected[at], found[at], `${field}[${at}]`);
  }
}

function* ofFields(
  expected: Readonly<Record<string, unknown>>,
  found: Readonly<Record<string, unknown>>,
  field: string,
): Generator<Difference> {
  for (const name of new Set([...Object.keys(expected), ...Object.keys(found)])) {
    const inner = field === "" ? name : `${field}.${name}`;
    yield* contentDifferences(expected[name], found[name], inner);
  }
}

/** Where two masks differ first, as numbers. */
export function firstDifference(
  expected: MaskRuns,
  found: MaskRuns,
  field: string,
): Difference | undefined {
  const [first] = ofFields({ ...expected }, { ...found }, field);
  return first;
}

function isOfOneSize(a: MaskRuns, b: MaskRuns): boolean {
  return a.widthPx === b.widthPx && a.heightPx === b.heightPx;
}

/** Arrays and typed arrays. */
function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === "object" && !isList(value);
}

export function isMediaRef(value: unknown): value is MediaRef {
  return isRecord(value) && "decoded" in value && "blob" in value;
}

function isBlobRef(value: unknown): value is BlobRef {
  return isRecord(value) && "digest" in value && "lengthBytes" in value;
}

function isMask(value: unknown): value is MaskRuns {
  return isRecord(value) && value["runs"] instanceof Uint32Array && "areaPx" in value;
}

/** Every picture and clip that a payload names. */
export function mediaNamedIn(value: unknown): readonly MediaRef[] {
  if (isMediaRef(value)) return [value];
  if (Array.isArray(value)) return value.flatMap(mediaNamedIn);
  return isRecord(value) ? Object.values(value).flatMap(mediaNamedIn) : [];
}
