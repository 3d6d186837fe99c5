import { createSystemClock } from "../core/clock.ts";
import type { MediaRef } from "../events/media.ts";
import { loadImage } from "../media/storedImage.ts";
import type { Verdict } from "../ports/judge.ts";
import type { CreateHandler } from "../workers/serve.ts";
import { openLog } from "../../store/openLog.ts";
import { rankMedia, type JudgedMedia } from "./derivations/judgeDreams.ts";
import { createEmbeddedJudge, type JudgeSpec } from "./judgeSpec.ts";

export interface JudgeSetup {
  readonly logPath: string;
  readonly judge: JudgeSpec;
}

/**
 * Runs in a judging thread: takes pictures from the log, on a connection that cannot write, and ranks
 * them. Each is looked at once, so none is kept.
 */
export const createHandler: CreateHandler<JudgeSetup, JudgedMedia, Verdict> = (setup) => {
  const open = openLog({ path: setup.logPath, clock: createSystemClock(), mode: "readonly" });
  const media = { loadImage: (ref: MediaRef) => loadImage(open.blobs, ref) };
  const judge = createEmbeddedJudge(setup.judge);
  return Promise.resolve(async (judged) => ({ result: await rankMedia(media, judge, judged) }));
};
