import { isDreamlogError } from "../../core/errors.ts";
import type { PictureFile } from "../robotEpisode.ts";
import { jpegSizeOf } from "./jpegStream.ts";
import { invalid } from "./readValues.ts";

/** A feature as `meta/info.json` tells of it. */
export interface ToldFeature {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly names?: unknown;
  readonly info?: Readonly<Record<string, unknown>> | null | undefined;
}

/** A camera of a data set. */
export interface DatasetCamera {
  /** Name of its feature. */
  readonly key: string;
  readonly camera: string;
  readonly widthPx: number;
  readonly heightPx: number;
  /** Of its video, such as `h264`, as the data set says; null where it does not. */
  readonly codec: string | null;
}

/** What a camera showed in each row of an episode, where the rows hold the files. */
export interface PictureColumn {
  readonly camera: string;
  /** One a row: JPEG or PNG. */
  readonly files: readonly PictureFile[];
}

const imagePrefix = /^observation\.images?\.?/;

/** @param dtype - `video`, or `image` for pictures in the rows. */
export function camerasOf(
  features: Readonly<Record<string, ToldFeature>>,
  dtype: "video" | "image",
): readonly DatasetCamera[] {
  return Object.entries(features)
    .filter(([, feature]) => feature.dtype === dtype)
    .map(([key, feature]) => {
      const named = feature.info?.["video.codec"];
      const codec = typeof named === "string" ? named : null;
      return { key, camera: key.replace(imagePrefix, "") || key, codec, ...sizeOf(feature) };
    });
}

/** Sides by their names; where there are none, channels may come first, as some programs have them. */
function sizeOf({ shape, names }: ToldFeature): { widthPx: number; heightPx: number } {
  const sideNamed = (name: string) => (Array.isArray(names) ? shape[names.indexOf(name)] : undefined); // prettier-ignore
  const isChannelsFirst = shape.length === 3 && shape[0]! <= 4 && shape[2]! > 4;
  const [heightPx = 0, widthPx = 0] = isChannelsFirst ? shape.slice(1) : shape;
  return {
    widthPx: sideNamed("width") ?? widthPx,
    heightPx: sideNamed("height") ?? heightPx,
  };
}

/**
 * The picture that a row holds, `{bytes, path}` as the datasets library writes it.
 *
 * @param where - file of the data set, and the row.
 * @throws {DreamlogError} `DATASET_INVALID` unless it is a JPEG or PNG of the camera's size.
 */
export function pictureOf(
  where: { readonly name: string; readonly row: number },
  cell: unknown,
  { key, widthPx, heightPx }: DatasetCamera,
): PictureFile {
  const refuse = (found: string) => invalid(where.name, `${key} at row ${where.row}: ${found}`);
  const bytes = cell === null || typeof cell !== "object" ? undefined : (cell as { bytes?: unknown }).bytes; // prettier-ignore
  if (!(bytes instanceof Uint8Array)) throw refuse("no picture, where one belongs");
  const size = pngSizeOf(bytes) ?? jpegSize(bytes);
  if (size === null) throw refuse(`${bytes.length} bytes that are neither JPEG nor PNG`);
  if (size.widthPx === widthPx && size.heightPx === heightPx) return { mediaType: size.mediaType, bytes }; // prettier-ignore
  throw refuse(`a picture of ${size.widthPx}×${size.heightPx} where its description says ${widthPx}×${heightPx}`); // prettier-ignore
}

const pngStart = Buffer.from("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "latin1");

function pngSizeOf(bytes: Uint8Array) {
  if (bytes.length < 24 || pngStart.compare(bytes, 0, pngStart.length) !== 0) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { mediaType: "image/png", widthPx: view.getUint32(16), heightPx: view.getUint32(20) };
}

function jpegSize(bytes: Uint8Array) {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return null;
  try {
    return { mediaType: "image/jpeg", ...jpegSizeOf(bytes) };
  } catch (error) {
    if (!isDreamlogError(error, "IMAGE_INVALID")) throw error;
    return null;
  }
}
