import { DreamlogError, invariant } from "../../core/errors.ts";
import type { PayloadOf } from "../../events/eventDefinition.ts";
import type { BlobRef } from "../../events/media.ts";
import type { trackRemembered } from "../../events/perception.ts";
import type { BlobStore } from "../../ports/blobStore.ts";

export type StoredMemory = PayloadOf<typeof trackRemembered>;

const mediaTypes = {
  float32: "application/x-float32-le",
  uint8: "application/octet-stream",
} as const;
type ElementKind = keyof typeof mediaTypes;

/**
 * Puts what a segmenter remembers into the blob store: plain data whose arrays are blobs of their own.
 * What two memories have in common, such as the frame of the prompt, is stored once.
 *
 * @param memory - numbers, strings, booleans and null in lists and records, with `Float32Array` and
 *   `Uint8Array`; anything else is a fault of the segmenter.
 */
export async function storeMemory(
  memory: unknown,
  blobs: Pick<BlobStore, "put">,
): Promise<StoredMemory> {
  const arrays: BlobRef[] = [];
  const placeOf = async (array: Float32Array | Uint8Array, kind: ElementKind) => {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    const blob = await blobs.put(bytes, mediaTypes[kind]);
    const known = arrays.findIndex(({ digest }) => digest === blob.digest);
    return { [kind]: known < 0 ? arrays.push(blob) - 1 : known };
  };
  const outlineOf = async (value: unknown): Promise<unknown> => {
    if (value instanceof Float32Array) return placeOf(value, "float32");
    if (value instanceof Uint8Array) return placeOf(value, "uint8");
    if (Array.isArray(value)) {
      const items: unknown[] = [];
      for (const item of value) items.push(await outlineOf(item));
      return items;
    }
    if (value === null || typeof value !== "object") {
      invariant(["number", "string", "boolean"].includes(typeof value) || value === null, `memory is plain, not ${typeof value}`); // prettier-ignore
      return value;
    }
    const fields: Record<string, unknown> = {};
    // In order of name: the same memory has the same outline, however it was built.
    for (const [name, field] of Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) {
      fields[name] = await outlineOf(field);
    }
    return fields;
  };
  const outline = JSON.stringify(await outlineOf(memory));
  return { outline, arrays };
}

/** @throws {DreamlogError} `BLOB_MISSING`, `BLOB_CORRUPT`; `EVENT_INVALID` for an outline that is none. */
export async function loadMemory(
  { outline, arrays }: StoredMemory,
  blobs: Pick<BlobStore, "get">,
): Promise<unknown> {
  const bytes: ArrayBuffer[] = [];
  // Copies, for numbers of four bytes must begin at a multiple of four.
  for (const { digest } of arrays) bytes.push((await blobs.get(digest)).slice().buffer);
  const arrayAt = (index: unknown): ArrayBuffer => {
    const found = typeof index === "number" ? bytes[index] : undefined;
    if (found !== undefined) return found;
    throw outlineInvalid(`${arrays.length} arrays`, `a place ${String(index)}`);
  };
  try {
    return JSON.parse(outline, (_name, value: unknown) => {
      if (value === null || typeof value !== "object") return value;
      if ("float32" in value) return new Float32Array(arrayAt(value.float32));
      return "uint8" in value ? new Uint8Array(arrayAt(value.uint8)) : value;
    });
  } catch (error) {
    if (error instanceof DreamlogError) throw error;
    throw outlineInvalid("an outline of a memory", String(error));
  }
}

function outlineInvalid(expected: string, found: string): DreamlogError {
  return new DreamlogError(
    "EVENT_INVALID",
    `expected ${expected}, found ${found}; the event of the memory is damaged`,
  );
}
