import { DreamlogError } from "../core/errors.ts";
import { h264FramesOf } from "./h264Frames.ts";
import { runFfmpeg } from "./runFfmpeg.ts";

/** A video segment: a file of its own that begins with a key frame. */
export interface JoinedVideo {
  /** Fragmented MP4. */
  readonly bytes: Uint8Array;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** Nominal: a segment's frames have their times beside them. */
const framesPerSecond = 30;
const keySlice = 5;
/** Bytes of a visual sample entry in front of its width (ISO/IEC 14496-12, 12.1.3), type included. */
const bytesToWidth = 4 + 24;

/** @param frame - Annex B. @returns whether a decoder can begin with it. */
export function isKeyFrame(frame: Uint8Array): boolean {
  for (let at = 3; at < frame.length; at++) {
    const isUnit = frame[at - 1] === 1 && frame[at - 2] === 0 && frame[at - 3] === 0;
    if (isUnit && (frame[at]! & 0x1f) === keySlice) return true;
  }
  return false;
}

/**
 * Puts H.264 frames into a file as a live encoder makes it, without decoding them.
 *
 * @param frames - Annex B, in order of showing; the first a key frame with its parameter sets.
 * @throws {DreamlogError} `VIDEO_INVALID` for bytes that are no such frames; `FFMPEG_MISSING`,
 *   `FFMPEG_FAILED`.
 */
export async function joinH264(frames: readonly Uint8Array[]): Promise<JoinedVideo> {
  const bytes = await runFfmpeg({
    parameters: [
      ...["-f", "h264", "-framerate", `${framesPerSecond}`, "-i", "pipe:0", "-c", "copy"],
      // Equal frames give equal bytes: no version of the program in the file.
      ...["-fflags", "+bitexact", "-movflags", "+frag_keyframe+empty_moov+default_base_moof"],
      ...["-f", "mp4", "pipe:1"],
    ],
    input: frames,
  });
  const found = bytes.length === 0 ? 0 : (h264FramesOf(bytes)?.length ?? 0);
  if (found !== frames.length) throw invalid(`${frames.length} frames`, `${found}`);
  return { bytes, ...sizeOf(bytes) };
}

function sizeOf(file: Uint8Array): { readonly widthPx: number; readonly heightPx: number } {
  const text = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  // The name also stands at the head of some files, among the brands.
  const description = text.indexOf("stsd");
  const entry = description < 0 ? -1 : text.indexOf("avc1", description);
  if (entry < 0) throw invalid("a track", "none");
  const at = entry + bytesToWidth;
  return { widthPx: text.readUInt16BE(at), heightPx: text.readUInt16BE(at + 2) };
}

function invalid(expected: string, found: string): DreamlogError {
  return new DreamlogError(
    "VIDEO_INVALID",
    `expected ${expected} of H.264 in Annex B, found ${found}; see that each message holds one frame`,
    { expected, found },
  );
}
