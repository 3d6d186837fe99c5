import * as v from "valibot";
import type { CellIntake } from "../../../hardware/intake/cellIntake.ts";
import type { LiveSink } from "../../../hardware/intake/liveSink.ts";
import { foxgloveSchemaOf } from "../../../hardware/recordings/foxglovePictures.ts";
import type { RecordedMessage } from "../../../hardware/recordings/recordedMessage.ts";
import { DreamlogError, isDreamlogError } from "../../core/errors.ts";
import { videoSegmentRecorded } from "../../events/video.ts";
import { isKeyFrame, joinH264 } from "../../media/joinH264.ts";

/** Ten minutes of a camera between two key frames; what comes after is kept as bytes. */
const framesMax = 18_000;

/** foxglove.CompressedVideo in JSON: one frame, Annex B in base64. */
const VideoFrameSchema = v.object({
  timestamp: v.object({
    sec: v.pipe(v.number(), v.integer(), v.minValue(0)),
    nsec: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(999_999_999)),
  }),
  format: v.literal("h264"),
  data: v.union([v.pipe(v.string(), v.base64()), v.instance(Uint8Array)]),
});

interface Frame {
  readonly message: RecordedMessage;
  readonly bytes: Uint8Array;
  readonly timeUs: number;
}

/** Joins the video frames of a recording to segments, as a live camera's are recorded. */
export class VideoIntake {
  readonly #sink: LiveSink;
  readonly #intake: CellIntake;
  /** By topic, what came since its last key frame. */
  readonly #open = new Map<string, Frame[]>();
  #keptCount = 0;

  /** @param intake - takes what cannot be joined, and tells why. */
  constructor(sink: LiveSink, intake: CellIntake) {
    this.#sink = sink;
    this.#intake = intake;
  }

  /** Messages that were read and could then not be joined: the intake keeps them as bytes. */
  get keptCount(): number {
    return this.#keptCount;
  }

  static isVideo({ rosType }: RecordedMessage): boolean {
    return foxgloveSchemaOf(rosType) === "CompressedVideo";
  }

  /**
   * @returns false for a frame that no decoder could show; the caller keeps it.
   * @throws {DreamlogError} `MESSAGE_INVALID` for a message that is no frame of H.264; `FFMPEG_MISSING`.
   */
  async take(message: RecordedMessage): Promise<boolean> {
    const { topic } = message;
    const frame = this.#read(message);
    if (isKeyFrame(frame.bytes)) {
      await this.#close(topic);
      this.#open.set(topic, []);
    }
    const waiting = this.#open.get(topic);
    // Without a key frame before it, or with too many since, it would be in no segment.
    if (waiting === undefined || waiting.length >= framesMax) return false;
    waiting.push(frame);
    const { timeUs: stampUs } = frame;
    const lengthBytes = message.bytes.length;
    this.#intake.note(topic, { stampUs, receivedUs: message.receivedUs, lengthBytes });
    return true;
  }

  /** Hands over what no key frame followed. */
  async finish(): Promise<void> {
    for (const topic of this.#open.keys()) await this.#close(topic);
  }

  #read(message: RecordedMessage): Frame {
    const result = v.safeParse(VideoFrameSchema, message.decode());
    if (!result.success) {
      const [{ message: found }] = result.issues;
      throw new DreamlogError("MESSAGE_INVALID", `expected a frame of h264 video, found: ${found}`);
    }
    const { timestamp, data } = result.output;
    const bytes = typeof data === "string" ? Buffer.from(data, "base64") : data;
    return {
      message,
      bytes,
      timeUs: timestamp.sec * 1_000_000 + Math.floor(timestamp.nsec / 1000),
    };
  }

  async #close(topic: string): Promise<void> {
    const frames = this.#open.get(topic) ?? [];
    this.#open.delete(topic);
    if (frames.length === 0) return;
    const camera = topic.replace(/^\//, "");
    try {
      const { bytes, widthPx, heightPx } = await joinH264(frames.map((frame) => frame.bytes));
      const video = await this.#sink.storeBytes(bytes, "video/mp4");
      const frameTimesUs = Float64Array.from(frames, ({ timeUs }) => timeUs);
      const payload = { camera, video, widthPx, heightPx, frameTimesUs };
      this.#sink.record(camera, videoSegmentRecorded, payload, frameTimesUs[0]!);
    } catch (error) {
      const isBroken = isDreamlogError(error, "VIDEO_INVALID") || isDreamlogError(error, "FFMPEG_FAILED"); // prettier-ignore
      if (!isBroken) throw error;
      for (const { message } of frames) {
        this.#intake.accept({ kind: "malformed", topic, error }, message.receivedUs);
        this.#intake.keepRaw(message);
        this.#keptCount += 1;
      }
    }
  }
}
