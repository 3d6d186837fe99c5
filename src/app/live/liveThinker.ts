import { invariant } from "../../core/errors.ts";
import { createWorkerPool } from "../../workers/workerPool.ts";
import type { LivePicture } from "./livePicture.ts";
import type { ThinkerAnswer, ThinkerJob, ThinkerSetup } from "./liveThinkerWorker.ts";
import type { LiveMotion, LivePrimitiveOutcome } from "./liveTurn.ts";
import type { LiveSample } from "./turnUnderWay.ts";
import type { Look } from "./watchScene.ts";

/** A plan of a session of its own; nothing moves before `begin`. */
export interface LivePlanMade {
  readonly session: string;
  /** Null when there is nothing to carry out. */
  readonly motion: LiveMotion | null;
  /** Set when there is none. */
  readonly outcome: LivePrimitiveOutcome | null;
}

/**
 * Looks, plans and judges for a live session in a thread of its own. Requests are answered one at a
 * time, in order.
 */
export interface LiveThinker {
  /** @returns why the picture shows nothing that could be followed; null where it does. */
  watch(session: string, picture: LivePicture): Promise<string | null>;
  look(index: number, picture: LivePicture): Promise<Look>;
  plan(session: string, picture: LivePicture): Promise<LivePlanMade>;
  /** Resolves when the log holds the command: only then may the arm move. */
  begin(session: string): Promise<void>;
  supersede(session: string, reason: string): Promise<void>;
  /** @param ahead - the session of a plan made ahead, to be held against the scene as it is now. */
  conclude(
    session: string,
    samples: readonly LiveSample[],
    ahead: string | null,
  ): Promise<{ readonly outcome: LivePrimitiveOutcome; readonly isAheadGood: boolean }>;
  /** Closes the session of the watch, and ends the thread. */
  close(): Promise<void>;
}

export function startLiveThinker(setup: ThinkerSetup): LiveThinker {
  const pool = createWorkerPool<ThinkerJob, ThinkerAnswer>({
    module: new URL("./liveThinkerWorker.ts", import.meta.url),
    size: 1,
    setup,
  });
  const ask = async <Kind extends ThinkerAnswer["kind"]>(job: ThinkerJob, kind: Kind) => {
    const answer = await pool.run(job);
    invariant(answer.kind === kind, `${job.kind} is answered by ${kind}`);
    return answer as Extract<ThinkerAnswer, { readonly kind: Kind }>;
  };
  return {
    watch: async (session, picture) =>
      (await ask({ kind: "watch", session, picture }, "watch")).refusal,
    look: async (index, picture) => (await ask({ kind: "look", index, picture }, "look")).look,
    async plan(session, picture) {
      let answer = await ask({ kind: "plan", session, picture }, "plan");
      // Between two askings the thread looks at what came meanwhile.
      while (answer.isUnderWay) answer = await ask({ kind: "planned", session }, "plan");
      const { motion, outcome } = answer;
      return { session, motion, outcome };
    },
    async begin(session) {
      await ask({ kind: "begin", session }, "done");
    },
    async supersede(session, reason) {
      await ask({ kind: "supersede", session, reason }, "done");
    },
    conclude: (session, samples, ahead) =>
      ask({ kind: "conclude", session, samples, ahead }, "conclude"),
    async close() {
      try {
        await ask({ kind: "close" }, "done");
      } finally {
        await pool.close();
      }
    },
  };
}
