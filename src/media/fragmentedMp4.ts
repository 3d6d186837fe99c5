import { DreamlogError } from "../core/errors.ts";
import { concatenate } from "./concatenate.ts";

/** A part of a stream that is a file of its own. */
export interface Mp4Fragment {
  /** The stream's head and one fragment: any player opens it. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly frameCount: number;
}

const boxHeaderBytes = 8;

/**
 * Cuts a fragmented MP4 stream (ISO/IEC 14496-12: `ftyp`, `moov`, then pairs of `moof` and `mdat`)
 * into files, as it comes. Each pair must be addressed from its own start (`default_base_moof`).
 */
export class FragmentCutter {
  readonly #chunks: Uint8Array[] = [];
  #waitingBytes = 0;
  #head: Uint8Array[] = [];
  #moof: Uint8Array | undefined;

  /**
   * Takes the stream's next bytes.
   *
   * @returns the fragments that they complete.
   * @throws {DreamlogError} `VIDEO_INVALID` for a box that no such stream holds.
   */
  push(chunk: Uint8Array): Mp4Fragment[] {
    this.#chunks.push(chunk);
    this.#waitingBytes += chunk.length;
    const fragments: Mp4Fragment[] = [];
    for (let box = this.#takeBox(); box !== undefined; box = this.#takeBox()) {
      const fragment = this.#takeFragment(box);
      if (fragment !== undefined) fragments.push(fragment);
    }
    return fragments;
  }

  #takeFragment(box: Uint8Array): Mp4Fragment | undefined {
    switch (typeOf(box)) {
      case "ftyp":
      case "moov":
        this.#head.push(box);
        return undefined;
      case "moof":
        this.#moof = box;
        return undefined;
      case "mdat": {
        if (this.#moof === undefined) throw invalid("mdat without moof");
        const bytes = concatenate([...this.#head, this.#moof, box]);
        const frameCount = sampleCountOf(this.#moof);
        this.#moof = undefined;
        return { bytes, frameCount };
      }
      default:
        // Such as the index at the end of the whole stream, which no fragment needs.
        return undefined;
    }
  }

  /** @returns the next whole box, if its bytes are all here. */
  #takeBox(): Uint8Array | undefined {
    if (this.#waitingBytes < boxHeaderBytes) return undefined;
    const first = this.#joinUpTo(boxHeaderBytes);
    const sizeBytes = readUint32(first, 0);
    if (sizeBytes < boxHeaderBytes) throw invalid(`a box of ${sizeBytes} bytes`);
    if (this.#waitingBytes < sizeBytes) return undefined;
    const joined = this.#joinUpTo(sizeBytes);
    const box = joined.subarray(0, sizeBytes);
    this.#chunks[0] = joined.subarray(sizeBytes);
    this.#waitingBytes -= sizeBytes;
    return box;
  }

  /** Joins chunks until the first holds at least so many bytes. */
  #joinUpTo(bytes: number): Uint8Array {
    let count = 0;
    let length = 0;
    while (length < bytes) length += this.#chunks[count++]!.length;
    if (count > 1) this.#chunks.unshift(concatenate(this.#chunks.splice(0, count)));
    return this.#chunks[0]!;
  }
}

/** Number of samples that a movie fragment describes, over all of its runs. */
function sampleCountOf(moof: Uint8Array): number {
  let count = 0;
  for (const traf of boxesIn(moof, "traf")) {
    // A run begins with version and flags, four bytes, then its number of samples.
    for (const trun of boxesIn(traf, "trun")) count += readUint32(trun, boxHeaderBytes + 4);
  }
  return count;
}

function boxesIn(parent: Uint8Array, type: string): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (let at = boxHeaderBytes; at + boxHeaderBytes <= parent.length;) {
    const sizeBytes = readUint32(parent, at);
    if (sizeBytes < boxHeaderBytes) throw invalid(`a box of ${sizeBytes} bytes`);
    const box = parent.subarray(at, at + sizeBytes);
    if (typeOf(box) === type) found.push(box);
    at += sizeBytes;
  }
  return found;
}

function typeOf(box: Uint8Array): string {
  return String.fromCharCode(...box.subarray(4, boxHeaderBytes));
}

function readUint32(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at);
}

function invalid(found: string): DreamlogError {
  return new DreamlogError(
    "VIDEO_INVALID",
    `expected the boxes of a fragmented MP4 stream, found ${found}; try another ffmpeg with FFMPEG_BIN`,
    { found },
  );
}
