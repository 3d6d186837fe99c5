import { DreamlogError } from "../core/errors.ts";
import {
  startEncoder,
  type EncoderProcess,
  type LiveCodec,
  type LiveVideoFormat,
} from "./encoderProcess.ts";
import type { Mp4Fragment } from "./fragmentedMp4.ts";

/** Encoded frames, oldest first; a file of its own. */
export interface VideoSegment {
  /** Fragmented MP4. The receiver owns them. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Source time of each frame, integer microseconds. */
  readonly frameTimesUs: Float64Array;
}

/** Frames that no segment holds. */
export interface VideoGap {
  readonly reason: "encoderDied" | "encoderBehind";
  readonly frameCount: number;
  readonly firstTimeUs: number;
  readonly lastTimeUs: number;
  readonly note: string;
}

export interface LiveEncoderOptions extends LiveVideoFormat {
  /** Frames that may wait for the program; more are left out. Default 30, a second of most cameras. */
  readonly maxWaiting?: number;
  /** Called in order of time, one call at a time. */
  readonly onSegment: (segment: VideoSegment) => Promise<void>;
  readonly onGap: (gap: VideoGap) => Promise<void>;
}

export interface LiveEncoder {
  /** Of the ffmpeg at work; undefined while there is none. */
  readonly pid: () => number | undefined;
  /**
   * Takes a frame, shape [heightPx, widthPx, 3], whose buffer must not be used again.
   *
   * @returns whether it was taken; a frame that is not is told of by `onGap`.
   * @throws {DreamlogError} `VIDEO_INVALID` for a frame of the wrong size; `FFMPEG_MISSING`;
   *   `FFMPEG_FAILED` once the program has died again and again; what a callback threw.
   */
  offer(pixels: Uint8Array, timeUs: number): boolean;
  /** Ends the last segment. Resolves when all callbacks are done; throws what `offer` would. */
  close(): Promise<void>;
}

const defaultMaxWaiting = 30;
/** Deaths without a single segment between them, after which starting again makes no sense. */
const maxFutileStarts = 5;
/** Before a start that follows a futile one. */
const restartDelayMs = 100;

/**
 * Encodes the frames of one camera as they come, by one ffmpeg process. When that dies, what it had
 * not finished is told of by `onGap`, and the next frame starts another.
 */
export function createLiveEncoder(options: LiveEncoderOptions): LiveEncoder {
  const encoder = new RestartingEncoder(options);
  return {
    pid: () => encoder.pid,
    offer: (pixels, timeUs) => encoder.offer(pixels, timeUs),
    close: () => encoder.close(),
  };
}

class RestartingEncoder {
  readonly #options: LiveEncoderOptions;
  readonly #maxWaiting: number;
  #codec: LiveCodec = "h264";
  #process: EncoderProcess | undefined;
  /** Times of the frames that the process has, or that wait for it, and that no segment holds. */
  #unfinishedUs: number[] = [];
  #waiting = 0;
  #behindUs: number[] = [];
  #pausedUs: number[] = [];
  #isPaused = false;
  #futileStarts = 0;
  #lastWords = "";
  #callbacks: Promise<void> = Promise.resolve();
  #failure: Error | undefined;

  constructor(options: LiveEncoderOptions) {
    this.#options = options;
    this.#maxWaiting = options.maxWaiting ?? defaultMaxWaiting;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  offer(pixels: Uint8Array, timeUs: number): boolean {
    if (this.#failure !== undefined) throw this.#failure;
    this.#requireFrame(pixels);
    if (this.#isPaused) {
      this.#pausedUs.push(timeUs);
      return false;
    }
    if (this.#waiting >= this.#maxWaiting) {
      this.#behindUs.push(timeUs);
      return false;
    }
    this.#tellGap("encoderBehind", this.#behindUs.splice(0), `${this.#maxWaiting} frames waited`);
    this.#process ??= this.#start();
    this.#unfinishedUs.push(timeUs);
    this.#waiting += 1;
    this.#process.feed(pixels, () => (this.#waiting -= 1));
    return true;
  }

  async close(): Promise<void> {
    const last = this.#process;
    last?.end();
    await last?.ended;
    // A process that ended well has finished every frame; what is left now is lost.
    this.#tellGap("encoderDied", this.#unfinishedUs.splice(0), this.#lastWords);
    this.#tellGap("encoderDied", this.#pausedUs.splice(0), this.#lastWords);
    this.#tellGap("encoderBehind", this.#behindUs.splice(0), `${this.#maxWaiting} frames waited`);
    await this.#callbacks;
    if (this.#failure !== undefined) throw this.#failure;
  }

  #start(): EncoderProcess {
    const started = startEncoder(this.#options, this.#codec, (fragment) => this.#finish(fragment));
    void started.ended.then(({ complaint }) => this.#bury(complaint));
    return started;
  }

  #finish({ bytes, frameCount }: Mp4Fragment): void {
    const frameTimesUs = Float64Array.from(this.#unfinishedUs.splice(0, frameCount));
    this.#futileStarts = 0;
    this.#call(() => this.#options.onSegment({ bytes, frameTimesUs }));
  }

  #bury(complaint: string): void {
    this.#process = undefined;
    this.#waiting = 0;
    this.#lastWords = complaint;
    const lost = this.#unfinishedUs.splice(0);
    if (lost.length === 0) return;
    this.#tellGap("encoderDied", lost, complaint);
    if (complaint.includes("Unknown encoder")) this.#codec = "mpeg4";
    this.#futileStarts += 1;
    if (this.#futileStarts === maxFutileStarts) this.#fail(futile(complaint));
    else if (this.#futileStarts > 1) this.#pause();
  }

  #pause(): void {
    this.#isPaused = true;
    setTimeout(() => {
      this.#isPaused = false;
      this.#tellGap("encoderDied", this.#pausedUs.splice(0), this.#lastWords);
    }, restartDelayMs);
  }

  #tellGap(reason: VideoGap["reason"], timesUs: readonly number[], note: string): void {
    const [firstTimeUs] = timesUs;
    const lastTimeUs = timesUs.at(-1);
    if (firstTimeUs === undefined || lastTimeUs === undefined) return;
    const gap = { reason, frameCount: timesUs.length, firstTimeUs, lastTimeUs, note };
    this.#call(() => this.#options.onGap(gap));
  }

  #call(callback: () => Promise<void>): void {
    this.#callbacks = this.#callbacks.then(callback).catch((error: unknown) => this.#fail(error));
  }

  #fail(error: unknown): void {
    this.#failure ??= error instanceof Error ? error : new Error(String(error));
  }

  #requireFrame(pixels: Uint8Array): void {
    const { widthPx, heightPx } = this.#options;
    const expected = widthPx * heightPx * 3;
    if (pixels.length === expected) return;
    throw new DreamlogError(
      "VIDEO_INVALID",
      `expected a frame of ${expected} bytes (${widthPx}×${heightPx}), found ${pixels.length}`,
      { expected, found: pixels.length },
    );
  }
}

function futile(complaint: string): DreamlogError {
  return new DreamlogError(
    "FFMPEG_FAILED",
    `expected ffmpeg to encode, found that it died ${maxFutileStarts} times without a segment: ${complaint}; try another ffmpeg with FFMPEG_BIN`,
    { complaint },
  );
}
