import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { blobsNamedIn } from "../../store/blobsNamedIn.ts";
import type { OpenLog } from "../../store/openLog.ts";
import { invariant } from "../core/errors.ts";
import { decodeMask } from "../core/maskRuns.ts";
import type { Position } from "../events/envelope.ts";
import type { BlobRef } from "../events/media.ts";
import { maskSegmented } from "../events/perception.ts";
import type { BlobStore } from "../ports/blobStore.ts";
import { decodeImage, encodePng } from "../media/imageFormat.ts";
import { maskPicture } from "../media/maskPicture.ts";
import { isA } from "./derivations/rule.ts";

/** How files of a media type end; any other ends in `bin`. */
const endings: Readonly<Record<string, string>> = {
  "application/json": "json",
  "application/onnx": "onnx",
  "image/jpeg": "jpg",
  "image/png": "png",
  "image/qoi": "png",
  "video/mp4": "mp4",
  "video/x-matroska": "mkv",
};

/**
 * Writes what an event holds into a folder, each file named by the event's position and the field it
 * comes from: the whole payload as JSON, every blob that it names as it was stored, and what few
 * programs show (QOI pictures, masks) as PNG.
 *
 * @returns paths of the files.
 * @throws {DreamlogError} `BLOB_MISSING`, `BLOB_CORRUPT`, `IMAGE_INVALID`; what the file system throws.
 */
export async function takeOutEvent(
  { log, blobs }: Pick<OpenLog, "log" | "blobs">,
  position: Position,
  folder: string,
): Promise<readonly string[]> {
  const event = await log.get(position);
  invariant(event !== undefined, `the log has an event at ${position}`);
  await mkdir(folder, { recursive: true });
  const paths: string[] = [];
  const write = async (name: string, bytes: Uint8Array | string) => {
    const path = join(folder, `${position}-${name}`);
    await writeFile(path, bytes);
    paths.push(path);
  };
  await write("payload.json", `${JSON.stringify(event.payload, plainArrays, 2)}\n`);
  for (const [field, value] of Object.entries(event.payload as object)) {
    const refs = distinct(blobsNamedIn(value));
    for (const [at, ref] of refs.entries()) {
      const name = refs.length === 1 ? field : `${field}-${at}`;
      await write(`${name}.${endings[ref.mediaType] ?? "bin"}`, await bytesOf(ref, blobs));
    }
  }
  if (isA(event, maskSegmented)) {
    await write("mask.png", await encodePng(maskPicture(decodeMask(event.payload.mask))));
  }
  return paths;
}

async function bytesOf(ref: BlobRef, blobs: BlobStore): Promise<Uint8Array> {
  const bytes = await blobs.get(ref.digest);
  return ref.mediaType === "image/qoi" ? encodePng(await decodeImage(bytes)) : bytes;
}

function distinct(refs: readonly BlobRef[]): readonly BlobRef[] {
  return [...new Map(refs.map((ref) => [ref.digest, ref])).values()];
}

function plainArrays(_name: string, value: unknown): unknown {
  return ArrayBuffer.isView(value) ? Array.from(value as Float32Array | Uint32Array) : value;
}
