import type { PinholeCamera } from "../../core/camera.ts";
import type { Box, RgbImage } from "../../core/image.ts";
import { decodeMask, type MaskRuns } from "../../core/maskRuns.ts";
import { boundsOf, widened } from "../../perception/sam2/maskBounds.ts";
import type { Judge } from "../../ports/judge.ts";
import { recordVerdict } from "../judgeDreams.ts";
import { observeFrame, recordFrame } from "../observe.ts";
import { closeSession, startSession } from "../sessionLifecycle.ts";
import type { LiveRecorder } from "./liveRecorder.ts";
import { beginLiveScene, beginLiveSight, type LiveMind } from "./liveTurn.ts";

/** Round where the object was last seen, as a person would draw a box: it may have moved a little since. */
const lastSeenMarginPx = 16;

/** What live perception made of one picture. */
export interface Look {
  readonly index: number;
  /** Pixels of the object that can be seen. */
  readonly areaPx: number;
  /**
   * From the goal, as the judge measures it, now and in the session's first picture; null where it could
   * not, and where there is no goal.
   */
  readonly distance: { readonly now: number; readonly start: number } | null;
}

/** Follows the object from the first picture of a live session on and, with a goal, how near it is to that. */
export interface SceneWatch {
  look(index: number, image: RgbImage): Promise<Look>;
  /** A box round the object where it was last seen, in pixels of the frame. */
  lastSeen(): Box | null;
  close(): Promise<void>;
}

/** What a live cell is watched with; without a goal nothing is judged. */
type WatchingMind = Pick<LiveMind, "task" | "segmenter" | "boxes"> & {
  readonly goal: RgbImage | null;
  readonly judge: Judge;
};

/**
 * Begins a session that watches a live cell. Every picture that is looked at is a frame of it, with a
 * mask, a crop and, against a goal, a verdict that derive from it as they do in any session.
 *
 * @throws {DreamlogError} `MASK_EMPTY` when start or goal show no object.
 */
export async function beginWatch(
  recorder: LiveRecorder,
  mind: WatchingMind,
  first: { readonly image: RgbImage; readonly camera: PinholeCamera; readonly recording: string },
): Promise<SceneWatch> {
  const { task, judge } = mind;
  const { session } = recorder;
  const { recording } = first;
  const judging = mind.goal === null ? {} : { judge: judge.producer.component };
  const settings = { ...judging, recording };
  await startSession(recorder, { purpose: "live", task, seed: session, settings });
  const { camera, start, goal } = await beginToSee(recorder, mind, first);
  let seen: MaskRuns = start.mask.payload.mask;
  return {
    async look(index, image) {
      const name = `look/${String(index).padStart(6, "0")}`;
      const frame = await recordFrame(recorder, name, "motion", image);
      const { mask, crop } = await observeFrame(recorder, camera, start.track, name, frame);
      if (mask.payload.mask.areaPx > 0) seen = mask.payload.mask;
      const { areaPx } = mask.payload.mask;
      if (goal === null) return { index, areaPx, distance: null };
      // What was and what is, against the goal; where the object is hidden, that is told instead.
      const causes = [goal.crop, start.crop, crop];
      const verdict = await recordVerdict(recorder, judge, { name, task, causes });
      const [before, now] = verdict?.payload.distances ?? [];
      const isJudged = before !== undefined && now !== undefined;
      return { index, areaPx, distance: isJudged ? { start: before, now } : null };
    },
    lastSeen() {
      const bounds = boundsOf(decodeMask(seen));
      return bounds && widened(bounds, lastSeenMarginPx);
    },
    async close() {
      await closeSession(recorder, "completed");
    },
  };
}

async function beginToSee(
  recorder: LiveRecorder,
  { goal, ...mind }: WatchingMind,
  first: Parameters<typeof beginWatch>[2],
) {
  if (goal !== null) return beginLiveScene(recorder, { ...mind, goal }, first);
  return { ...(await beginLiveSight(recorder, mind, first)), goal: null };
}
