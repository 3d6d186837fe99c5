import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DreamlogError, isDreamlogError } from "../core/errors.ts";
import { createRgbImage, type RgbImage } from "../core/image.ts";
import { runFfmpeg } from "./runFfmpeg.ts";

/** More than any world model dreams; a longer video is cut off and refused. */
const framesMax = 1024;
/** Raw bytes of all frames together. */
const rawBytesMax = 512 * 1024 * 1024;

/**
 * Decodes a video of any container and codec that ffmpeg knows, as somebody else's program made it.
 * Colours are converted by the exact paths of ffmpeg's scaler.
 *
 * @returns its frames, oldest first, all of one size.
 * @throws {DreamlogError} `VIDEO_INVALID` for bytes that are no video, a damaged, empty or far too
 *   long one; `FFMPEG_MISSING`.
 */
export async function decodeVideoFile(file: Uint8Array): Promise<readonly RgbImage[]> {
  // A file and not a pipe: an MP4 may have its index at the end.
  const folder = await mkdtemp(join(tmpdir(), "dreamlog-video-"));
  try {
    const path = join(folder, "video");
    await writeFile(path, file);
    const pictures = await runFfmpeg({
      parameters: [
        ...["-err_detect", "explode", "-threads", "1", "-i", path, "-an", "-vsync", "0"],
        ...["-sws_flags", "bitexact+accurate_rnd+full_chroma_int", "-pix_fmt", "rgb24"],
        ...["-frames:v", String(framesMax + 1), "-fs", String(rawBytesMax)],
        ...["-f", "image2pipe", "-c:v", "ppm", "pipe:1"],
      ],
      input: [],
    });
    return framesOf(pictures);
  } catch (error) {
    if (!isDreamlogError(error, "FFMPEG_FAILED")) throw error;
    // The complaint names the temporary file, which helps nobody.
    throw invalid(`what ffmpeg cannot decode: ${error.message.replaceAll(folder, "")}`, error);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Reads binary pixmaps (PPM, P6) one after the other. */
function framesOf(pictures: Uint8Array): readonly RgbImage[] {
  const frames: RgbImage[] = [];
  for (let at = 0; at < pictures.length;) {
    const head = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(
      Buffer.from(pictures.subarray(at, at + 64)).toString("latin1"),
    );
    if (head === null) throw invalid("pictures of another kind");
    const [widthPx, heightPx] = [Number(head[1]), Number(head[2])];
    const start = at + head[0].length;
    at = start + widthPx * heightPx * 3;
    if (at > pictures.length) throw invalid(`more than ${rawBytesMax} bytes of frames`);
    frames.push(createRgbImage(widthPx, heightPx, pictures.slice(start, at)));
  }
  if (frames.length === 0) throw invalid("no frame");
  if (frames.length > framesMax) throw invalid(`more than ${framesMax} frames`);
  return frames;
}

function invalid(found: string, cause?: unknown): DreamlogError {
  return new DreamlogError(
    "VIDEO_INVALID",
    `expected a whole video of at most ${framesMax} frames, found ${found}; see what the server sends`,
    { found },
    cause,
  );
}
