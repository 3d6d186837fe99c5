import { cropSidePx, type Task } from "../core/cell.ts";
import { isDreamlogError } from "../core/errors.ts";
import type { StoredEvent } from "../events/envelope.ts";
import type { PayloadOf } from "../events/eventDefinition.ts";
import { judgementFailed, verdictGiven } from "../events/judging.ts";
import { unstackFrames } from "../media/frameStack.ts";
import { loadImage } from "../media/storedImage.ts";
import type { BlobStore } from "../ports/blobStore.ts";
import type { RgbVideo } from "../core/image.ts";
import type { Judge } from "../ports/judge.ts";
import type { DreamEvent } from "./dreamCandidates.ts";
import type { CropEvent } from "./observe.ts";
import type { SessionRecorder } from "./sessionRecorder.ts";

export type VerdictEvent = StoredEvent<PayloadOf<typeof verdictGiven>>;

/** Frames a second of a dream, for viewing only. */
const dreamFps = 2;

export async function loadDream(blobs: BlobStore, dream: DreamEvent): Promise<RgbVideo> {
  return unstackFrames(await loadImage(blobs, dream.payload.frames), cropSidePx, dreamFps);
}

/**
 * Holds K dreams against the goal.
 *
 * @returns null when the judge could not decide; the failure is then an event of its own.
 */
export async function judgeDreams(
  recorder: SessionRecorder,
  judge: Judge,
  request: {
    readonly name: string;
    readonly task: Task;
    readonly goal: CropEvent;
    readonly dreams: readonly DreamEvent[];
  },
): Promise<VerdictEvent | null> {
  const { name, task, goal, dreams } = request;
  const options = { producer: judge.producer, causes: [goal, ...dreams] };
  try {
    return await recorder.derived(`${name}/verdict`, verdictGiven, options, async () => {
      const verdict = await judge.rank({
        task,
        goal: await loadImage(recorder.blobs, goal.payload.image),
        dreams: await Promise.all(dreams.map((dream) => loadDream(recorder.blobs, dream))),
      });
      const { ranking, distances, isTied } = verdict;
      return { ranking: [...ranking], distances: [...distances], best: ranking[0]!, isTied };
    });
  } catch (error) {
    if (!isDreamlogError(error, "MASK_EMPTY") && !isDreamlogError(error, "MODEL_FAILED"))
      throw error;
    const failure = { code: error.code, reason: error.message };
    await recorder.derived(`${name}/verdict/failed`, judgementFailed, options, () => failure);
    return null;
  }
}
