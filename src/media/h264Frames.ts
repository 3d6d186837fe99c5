import { DreamlogError } from "../core/errors.ts";
import { concatenate } from "./concatenate.ts";

/** One frame of H.264 as decoders take it that know of no file. */
export interface H264Frame {
  /** Annex B of ITU-T H.264: start codes, and the parameter sets in front of a key frame. */
  readonly bytes: Uint8Array;
  /** Whether a decoder can begin with it. */
  readonly isKey: boolean;
}

interface Box {
  readonly type: string;
  /** Where the box begins in its file, header included. */
  readonly start: number;
  /** Without the header. */
  readonly content: Uint8Array;
}

/** How the samples of a track are made up (`avcC` of ISO/IEC 14496-15). */
interface AvcConfiguration {
  /** Bytes of the length in front of each unit: 1, 2 or 4. */
  readonly lengthSize: number;
  /** SPS and PPS. */
  readonly parameterSets: readonly Uint8Array[];
}

const boxHeaderBytes = 8;
/** More than hours of a camera: no segment is as long. */
const samplesMax = 1_000_000;
/** A box of this type has fields of its own in front of the boxes that it holds. */
const fieldBytesOf: Readonly<Record<string, number>> = { stsd: 8, avc1: 78 };
const startCode = Uint8Array.of(0, 0, 0, 1);
const unitType = { keySlice: 5, sequenceParameters: 7 } as const;
/** Flags of `tfhd` and `trun` that say which fields are there. */
const tfhdFlags = { baseOffset: 0x1, description: 0x2, duration: 0x8, size: 0x10 } as const;
const trunFlags = { dataOffset: 0x1, firstFlags: 0x4, duration: 0x100, size: 0x200, flags: 0x400, offset: 0x800 } as const; // prettier-ignore

/**
 * Takes the frames out of a video segment as a live encoder made it (fragmented MP4 with one H.264
 * track), without decoding them.
 *
 * @returns in order of decoding, which is that of showing: live encoders make no frames that wait for
 *   later ones. Null for another codec.
 * @throws {DreamlogError} `VIDEO_INVALID` for bytes that are no such file.
 */
export function h264FramesOf(file: Uint8Array): readonly H264Frame[] | null {
  try {
    return readFrames(file);
  } catch (error) {
    // A field beyond the end of its box.
    if (error instanceof RangeError) throw invalid("fields that are cut off");
    throw error;
  }
}

function readFrames(file: Uint8Array): readonly H264Frame[] | null {
  const boxes = boxesIn(file);
  const description = descend(boxes, ["moov", "trak", "mdia", "minf", "stbl", "stsd"]);
  if (description === undefined) throw invalid("no description of a track");
  const configuration = descend(childrenOf(description), ["avc1", "avcC"]);
  if (configuration === undefined) return null;
  const avc = readConfiguration(configuration.content);
  return boxes
    .filter(({ type }) => type === "moof")
    .flatMap((moof) => samplesOf(file, moof))
    .map((sample) => frameOf(sample, avc));
}

function samplesOf(file: Uint8Array, moof: Box): Uint8Array[] {
  const samples: Uint8Array[] = [];
  for (const traf of childrenOf(moof).filter(({ type }) => type === "traf")) {
    const parts = childrenOf(traf);
    const defaultBytes = defaultSampleBytes(parts);
    for (const run of parts.filter(({ type }) => type === "trun")) {
      const { sizes, dataOffset } = readRun(run.content, defaultBytes);
      let at = moof.start + dataOffset;
      for (const size of sizes) {
        if (at + size > file.length) throw invalid("a sample beyond the end");
        samples.push(file.subarray(at, at + size));
        at += size;
      }
    }
  }
  return samples;
}

function defaultSampleBytes(parts: readonly Box[]): number | null {
  const head = parts.find(({ type }) => type === "tfhd")?.content;
  if (head === undefined) throw invalid("a track fragment without its header");
  const view = viewOf(head);
  const flags = view.getUint32(0) & 0xffffff;
  if ((flags & tfhdFlags.size) === 0) return null;
  const before =
    ((flags & tfhdFlags.baseOffset) === 0 ? 0 : 8) +
    ((flags & tfhdFlags.description) === 0 ? 0 : 4) +
    ((flags & tfhdFlags.duration) === 0 ? 0 : 4);
  return view.getUint32(8 + before);
}

/** @returns the sizes of a run's samples, and where the first begins, from the start of its `moof`. */
function readRun(content: Uint8Array, defaultBytes: number | null) {
  const view = viewOf(content);
  const flags = view.getUint32(0) & 0xffffff;
  const has = (flag: number) => (flags & flag) !== 0;
  const count = view.getUint32(4);
  if (!has(trunFlags.dataOffset)) throw invalid("a run that does not say where its samples are");
  const dataOffset = view.getInt32(8);
  const fields = [trunFlags.duration, trunFlags.size, trunFlags.flags, trunFlags.offset].filter(
    has,
  );
  const sizeAt = 4 * fields.indexOf(trunFlags.size);
  const from = has(trunFlags.firstFlags) ? 16 : 12;
  if (count > samplesMax) throw invalid(`a run of ${count} samples`);
  const sizes = Array.from({ length: count }, (_, sample) => {
    if (has(trunFlags.size)) return view.getUint32(from + 4 * fields.length * sample + sizeAt);
    if (defaultBytes === null) throw invalid("samples without a size");
    return defaultBytes;
  });
  return { sizes, dataOffset };
}

function frameOf(sample: Uint8Array, { lengthSize, parameterSets }: AvcConfiguration): H264Frame {
  const units: Uint8Array[] = [];
  for (let at = 0; at < sample.length;) {
    let lengthBytes = 0;
    for (let byte = 0; byte < lengthSize; byte++) lengthBytes = lengthBytes * 256 + (sample[at + byte] ?? 0); // prettier-ignore
    const from = at + lengthSize;
    at = from + lengthBytes;
    if (lengthBytes === 0 || at > sample.length)
      throw invalid("a unit beyond the end of its frame");
    units.push(sample.subarray(from, at));
  }
  const typeOf = (unit: Uint8Array) => unit[0]! & 0x1f;
  const isKey = units.some((unit) => typeOf(unit) === unitType.keySlice);
  const hasSets = units.some((unit) => typeOf(unit) === unitType.sequenceParameters);
  const all = isKey && !hasSets ? [...parameterSets, ...units] : units;
  return { bytes: concatenate(all.flatMap((unit) => [startCode, unit])), isKey };
}

function readConfiguration(content: Uint8Array): AvcConfiguration {
  const view = viewOf(content);
  const lengthSize = (view.getUint8(4) & 3) + 1;
  const parameterSets: Uint8Array[] = [];
  let at = 5;
  // First the sequence parameter sets, whose number shares its byte with reserved bits.
  for (const countMask of [0x1f, 0xff]) {
    const count = view.getUint8(at) & countMask;
    at += 1;
    for (let set = 0; set < count; set++) {
      const end = at + 2 + view.getUint16(at);
      parameterSets.push(content.subarray(at + 2, end));
      at = end;
    }
  }
  return { lengthSize, parameterSets };
}

/** The first box under a path of types. */
function descend(boxes: readonly Box[], path: readonly string[]): Box | undefined {
  const [type, ...rest] = path;
  const found = boxes.find((box) => box.type === type);
  return found === undefined || rest.length === 0 ? found : descend(childrenOf(found), rest);
}

function childrenOf({ type, start, content }: Box): readonly Box[] {
  const fieldBytes = fieldBytesOf[type] ?? 0;
  return boxesIn(content.subarray(fieldBytes), start + boxHeaderBytes + fieldBytes);
}

/** @param start - where `bytes` begin in their file. */
function boxesIn(bytes: Uint8Array, start = 0): readonly Box[] {
  const view = viewOf(bytes);
  const boxes: Box[] = [];
  for (let at = 0; at < bytes.length;) {
    const sizeBytes = at + boxHeaderBytes > bytes.length ? 0 : view.getUint32(at);
    if (sizeBytes < boxHeaderBytes || at + sizeBytes > bytes.length) {
      throw invalid(`a box of ${sizeBytes} bytes where ${bytes.length - at} are left`);
    }
    boxes.push({
      type: String.fromCharCode(...bytes.subarray(at + 4, at + boxHeaderBytes)),
      start: start + at,
      content: bytes.subarray(at + boxHeaderBytes, at + sizeBytes),
    });
    at += sizeBytes;
  }
  return boxes;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function invalid(found: string): DreamlogError {
  return new DreamlogError(
    "VIDEO_INVALID",
    `expected a video segment as a live encoder made it, found ${found}; restore the log from a copy`,
    { found },
  );
}
