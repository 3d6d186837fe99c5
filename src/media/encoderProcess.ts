import { spawn, type ChildProcess } from "node:child_process";
import { setPriority } from "node:os";
import type { Writable } from "node:stream";
import { findFfmpeg } from "./findFfmpeg.ts";
import { FragmentCutter, type Mp4Fragment } from "./fragmentedMp4.ts";

/** What every frame of a live camera looks like, and how it is encoded. */
export interface LiveVideoFormat {
  readonly widthPx: number;
  readonly heightPx: number;
  /** Frames a second, nominal: each frame keeps the time it was taken at. */
  readonly fps: number;
  /** Frames in a segment, which begins with a key frame: what a crash loses at most, and less. */
  readonly framesPerSegment: number;
  /** The program; found by `findFfmpeg` when left out. */
  readonly program?: string;
}

export type LiveCodec = "h264" | "mpeg4";

/** Enough of the program's complaints to see what is wrong. */
const complaintBytesMax = 2048;

const codecParameters: Record<LiveCodec, readonly string[]> = {
  // Encodes a frame when it gets it: no look-ahead, no frames that wait for later ones.
  h264: ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-crf", "20"],
  mpeg4: ["-c:v", "mpeg4", "-q:v", "3", "-bf", "0"],
};

/** One run of ffmpeg: raw frames in, whole segments out. */
export interface EncoderProcess {
  readonly pid: number | undefined;
  /**
   * Hands a frame over; its bytes must not change until `onTaken`, which is called when they are
   * with the program, or will never be.
   */
  feed(pixels: Uint8Array, onTaken: () => void): void;
  /** No more frames: the program writes what it has and ends. */
  end(): void;
  /** Resolves when it has ended and its output is read, with its last words. */
  readonly ended: Promise<{ readonly complaint: string }>;
}

/** Niceness: frames can wait in the queue, the robot's messages and commands cannot. */
const encoderNiceness = 3;

/** Lets this process go first where both want a core. */
function giveWay({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, encoderNiceness);
  } catch {
    // It has ended already, which its `close` tells, or the system knows no priorities.
  }
}

/** @throws {DreamlogError} `FFMPEG_MISSING`. */
export function startEncoder(
  format: LiveVideoFormat,
  codec: LiveCodec,
  onFragment: (fragment: Mp4Fragment) => void,
): EncoderProcess {
  const program = format.program ?? findFfmpeg();
  const child: ChildProcess = spawn(program, ["-v", "error", ...parametersOf(format, codec)], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  giveWay(child);
  const input = child.stdin as Writable;
  let complaint = "";
  const cutter = new FragmentCutter();
  child.stdout!.on("data", (bytes: Uint8Array) => {
    try {
      for (const fragment of cutter.push(bytes)) onFragment(fragment);
    } catch (error) {
      complaint = String(error);
      child.kill("SIGKILL");
    }
  });
  child.stderr!.on("data", (bytes: Uint8Array) => {
    complaint = (complaint + new TextDecoder().decode(bytes)).slice(-complaintBytesMax);
  });
  // An early end closes the pipe while it is written to (EPIPE); the end itself is what counts.
  input.on("error", () => undefined);
  const ended = new Promise<{ complaint: string }>((resolve) => {
    child.on("error", (error) => resolve({ complaint: error.message }));
    child.on("close", (code, signal) =>
      resolve({ complaint: complaint.trim() || (signal ?? `exit code ${code ?? -1}`) }),
    );
  });
  return {
    pid: child.pid,
    feed: (pixels, onTaken) => void input.write(pixels, onTaken),
    end: () => input.end(),
    ended,
  };
}

function parametersOf(format: LiveVideoFormat, codec: LiveCodec): string[] {
  const { widthPx, heightPx, fps, framesPerSegment } = format;
  return [
    ...["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", `${widthPx}x${heightPx}`, "-r", `${fps}`],
    ...["-i", "pipe:0", "-an", "-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2", "-pix_fmt", "yuv420p"],
    ...codecParameters[codec],
    // A key frame every so often, and nowhere else: a fragment is a segment.
    ...["-g", `${framesPerSegment}`, "-keyint_min", `${framesPerSegment}`, "-sc_threshold", "0"],
    // One thread: several cameras share the machine with the robot's own programs.
    ...["-threads", "1", "-vsync", "0"],
    ...["-movflags", "+frag_keyframe+empty_moov+default_base_moof", "-flush_packets", "1"],
    ...["-f", "mp4", "pipe:1"],
  ];
}
