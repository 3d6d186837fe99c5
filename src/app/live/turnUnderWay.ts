import type { MaskRuns } from "../../core/maskRuns.ts";
import type { EnvironmentSample } from "../../ports/environment.ts";
import { decodePicture, type LivePicture } from "./livePicture.ts";
import type { LiveRecorder } from "./liveRecorder.ts";
import { runLiveTurn, type LiveMind, type LiveMotion, type LiveTurnResult } from "./liveTurn.ts";

/** What a motion brought, pictures as the camera encoded them. */
export type LiveSample =
  | Exclude<EnvironmentSample, { readonly type: "frame" }>
  | (Omit<Extract<EnvironmentSample, { readonly type: "frame" }>, "image"> & {
      readonly picture: LivePicture;
    });

type Permit = true | { readonly supersededBy: string };

/** A turn under way, with what it waits for. */
export interface Turn {
  readonly ended: Promise<LiveTurnResult>;
  readonly planned: Promise<LiveMotion>;
  readonly acting: Promise<null>;
  readonly permit: (permit: Permit) => void;
  readonly deliver: (samples: readonly LiveSample[]) => void;
  startMask: MaskRuns | null;
}

export function startTurn(
  recorder: LiveRecorder,
  mind: LiveMind,
  scene: Parameters<typeof runLiveTurn>[2],
): Turn {
  const planned = deferred<LiveMotion>();
  const permitted = deferred<Permit>();
  const acting = deferred<null>();
  const delivered = deferred<readonly LiveSample[]>();
  const body = {
    mayAct(motion: LiveMotion) {
      planned.resolve(motion);
      return permitted.promise;
    },
    execute() {
      acting.resolve(null);
      return decoded(delivered.promise);
    },
  };
  const turn: Turn = {
    planned: planned.promise,
    acting: acting.promise,
    permit: permitted.resolve,
    deliver: delivered.resolve,
    startMask: null,
    ended: runLiveTurn(recorder, mind, scene, body, (mask) => (turn.startMask = mask)),
  };
  // Whoever concludes the turn sees how it failed.
  turn.ended.catch(() => undefined);
  return turn;
}

/** Ends what a session that ends early leaves under way. */
export async function endTurn(turn: Turn): Promise<void> {
  turn.permit({ supersededBy: "the session has ended" });
  turn.deliver([]);
  await turn.ended;
}

async function* decoded(
  samples: Promise<readonly LiveSample[]>,
): AsyncGenerator<EnvironmentSample> {
  for (const sample of await samples) {
    if (sample.type !== "frame") {
      yield sample;
      continue;
    }
    const { picture, ...rest } = sample;
    yield { ...rest, image: await decodePicture(picture) };
  }
}

function deferred<Value>() {
  let resolve: (value: Value) => void = () => undefined;
  const promise = new Promise<Value>((give) => (resolve = give));
  return { promise, resolve };
}
