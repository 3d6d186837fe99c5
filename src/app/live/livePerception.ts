import { filter, tap, type Observable } from "rxjs";
import { newestWins } from "../../../streams/newestWins.ts";
import type { LiveSink } from "../../../hardware/intake/liveSink.ts";
import type { LiveFrame } from "../../../hardware/liveCell.ts";
import { isDreamlogError } from "../../core/errors.ts";
import { framesSkipped, messageRejected } from "../../events/hardware.ts";
import { pictureOf, type LivePicture } from "./livePicture.ts";
import type { LiveThinker } from "./liveThinker.ts";
import type { Look } from "./watchScene.ts";

export interface PerceptionOptions {
  readonly thinker: LiveThinker;
  readonly sink: LiveSink;
  /** Names the pictures' stream in events. */
  readonly stream: string;
  /** The session that holds what is seen. */
  readonly session: string;
  /** Every so many-th picture is looked at, 1 or more. */
  readonly every: number;
  /** Called once, where the first picture shows nothing that could be followed. */
  readonly onRefusal: (reason: string) => void;
}

/**
 * Looks at a camera's pictures as they come. The thread that looks takes one at a time; while it is
 * busy the newest waits and those before it are skipped, which is an event.
 *
 * @returns what was seen, in order; null for a picture that is none, and for all of them where the first
 *   shows nothing that could be followed. Fails with what looking fails with.
 */
export function perceive(
  frames$: Observable<LiveFrame>,
  { thinker, sink, stream, session, every, onRefusal }: PerceptionOptions,
): Observable<Look | null> {
  const skips = new Skips(sink, stream);
  let isWatching: boolean | null = null;
  const begin = async (picture: LivePicture) => {
    const refusal = await thinker.watch(session, picture);
    if (refusal !== null) onRefusal(refusal);
    return refusal === null;
  };
  const look = async (frame: LiveFrame, index: number): Promise<Look | null> => {
    skips.tell();
    const picture = pictureOf(frame.image);
    try {
      isWatching ??= await begin(picture);
      return isWatching ? await thinker.look(index, picture) : null;
    } catch (error) {
      if (!isDreamlogError(error, "IMAGE_INVALID")) throw error;
      const { code, message: reason } = error;
      const payload = { stream, code, reason, count: 1 };
      sink.record("link", messageRejected, payload, frame.image.header.stampUs);
      return null;
    }
  };
  let lookCount = 0;
  return frames$.pipe(
    filter((_, index) => index % every === 0),
    newestWins(
      (frame) => look(frame, lookCount++),
      ({ image }) => skips.note(image.header.stampUs),
    ),
    tap({ finalize: () => skips.tell() }),
  );
}

/** Counts what was skipped until the next look. */
class Skips {
  readonly #sink: LiveSink;
  readonly #stream: string;
  readonly #stampsUs: number[] = [];

  constructor(sink: LiveSink, stream: string) {
    this.#sink = sink;
    this.#stream = stream;
  }

  note(stampUs: number): void {
    this.#stampsUs.push(stampUs);
  }

  tell(): void {
    const stamps = this.#stampsUs.splice(0);
    const [firstTimeUs] = stamps;
    const lastTimeUs = stamps.at(-1);
    if (firstTimeUs === undefined || lastTimeUs === undefined) return;
    const payload = { stream: this.#stream, count: stamps.length, firstTimeUs, lastTimeUs };
    this.#sink.record(this.#stream, framesSkipped, payload, lastTimeUs);
  }
}
