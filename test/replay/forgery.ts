import { isMediaRef } from "../../replay/contentDifference.ts";
import { contentDigestOf, encodePayload } from "../../src/events/codec.ts";
import type { StoredEvent } from "../../src/events/envelope.ts";
import type { MediaRef } from "../../src/events/media.ts";

/** One way to make a payload slightly wrong. */
export interface Forgery {
  /** Where it differs then, as a divergence names it. */
  readonly field: string;
  readonly payload: unknown;
}

/**
 * Every single value of a payload changed a little, one at a time; of long arrays the last element.
 *
 * @param pictures - to put in the place of others of the same size.
 */
export function forgeriesOf(payload: unknown, pictures: readonly MediaRef[]): readonly Forgery[] {
  return forgeriesAt(payload, "", pictures);
}

function forgeriesAt(value: unknown, field: string, pictures: readonly MediaRef[]): Forgery[] {
  if (isMediaRef(value)) {
    const other = pictures.find((picture) => isOfSameSize(picture, value));
    return other === undefined ? [] : [{ field, payload: other }];
  }
  if (value instanceof Float32Array || value instanceof Uint32Array) {
    if (value.length === 0) return [];
    const last = value.length - 1;
    const copy = value.slice();
    copy[last] = copy[last]! + 1;
    return [{ field: `${field}[${last}]`, payload: copy }];
  }
  if (Array.isArray(value)) {
    const last = value.length - 1;
    return forgeriesAt(value[last], `${field}[${last}]`, pictures).map((inner) => ({
      ...inner,
      payload: [...(value.slice(0, last) as unknown[]), inner.payload],
    }));
  }
  if (value !== null && typeof value === "object") {
    return Object.entries(value).flatMap(([name, each]) =>
      forgeriesAt(each, field === "" ? name : `${field}.${name}`, pictures).map((inner) => ({
        ...inner,
        payload: { ...value, [name]: inner.payload },
      })),
    );
  }
  return value === undefined ? [] : [{ field, payload: otherThan(value) }];
}

function isOfSameSize(a: MediaRef, b: MediaRef): boolean {
  return (
    a.decoded !== b.decoded &&
    a.widthPx === b.widthPx &&
    a.heightPx === b.heightPx &&
    a.frameCount === b.frameCount
  );
}

function otherThan(value: unknown): unknown {
  if (typeof value === "number") return value + 1;
  if (typeof value === "boolean") return !value;
  return typeof value === "string" ? `${value}.` : 0;
}

/** The event as a forger leaves it who computes its digest anew. */
export function forged(event: StoredEvent, { payload }: Forgery): StoredEvent {
  return { ...event, payload, contentDigest: contentDigestOf(payload, encodePayload(payload)) };
}
