import { proposePlan } from "../../../src/app/proposePlan.ts";
import { renderCandidates } from "../../../src/app/dreamCandidates.ts";
import type { DreamedScene } from "../../../src/app/remote/dreamRemotely.ts";
import { connectWorldModel, type RemoteWorldModel } from "../../../src/app/remote/videoModel.ts";
import { parseVideoSpec } from "../../../src/app/remote/videoSpec.ts";
import { cropSidePx } from "../../../src/core/cell.ts";
import { createRandom } from "../../../src/core/random.ts";
import { createMatcherPlanner } from "../../../src/planning/matcherPlanner.ts";
import type { DreamRequest, WorldModel } from "../../../src/ports/worldModel.ts";
import { createArmKinematics } from "../../../src/robot/armKinematics.ts";
import type { OpenLog } from "../../../store/openLog.ts";
import { observedSession } from "./remoteScene.ts";

/** Sizes of the embedded world model, which a stand-in gives back without loss. */
export const embeddedSizes = "size=64x64&frames=4&controlSize=128x128&controlFrames=8&object=asIs";

/** A session with a plan whose candidates are rendered, and what a dream of it needs. */
export async function renderedSession(open: OpenLog, session: string, candidateCount: number) {
  const { recorder, scene } = await observedSession(open, session);
  const kinematics = await createArmKinematics();
  const { camera, start } = scene;
  const planRequest = { task: "toy", ...scene, candidateCount, seed: "0" } as const;
  const context = await proposePlan(recorder, createMatcherPlanner(), planRequest);
  const all = context.plan.payload.candidates.map((_, at) => at);
  const rendered = await renderCandidates(recorder, kinematics, context, all);
  const dreamed: DreamedScene = {
    task: "toy",
    camera,
    crop: start.crop,
    seen: { frame: start.frame, mask: start.mask },
    kinematics,
  };
  return { recorder, scene, rendered, dreamed };
}

/**
 * A world model that moves the whole picture down, by an amount that the noise's name decides.
 *
 * @param rowsMax - a frame, exclusive.
 */
export function shiftingWorldModel(rowsMax = 12): WorldModel {
  return {
    producer: { component: "test.shift", version: 1, config: {}, model: null, fingerprint: null },
    sidePx: cropSidePx,
    frameCount: 4,
    samplingSteps: 1,
    gflopPerDream: 0,
    dream: (requests) => Promise.resolve(requests.map((request) => shifted(request, rowsMax))),
    close: () => Promise.resolve(),
  };
}

function shifted({ firstFrame, armClip, seed }: DreamRequest, rowsMax: number) {
  // The clip counts as well: a server that is sent another one dreams otherwise.
  const clip = armClip.frames.reduce((sum, frame) => sum + frame[frame.length >> 1]!, 0);
  const rows = createRandom(`${seed} ${clip}`).index(rowsMax);
  const { pixels, widthPx, heightPx } = firstFrame;
  const frames = [1, 2, 3, 4].map((step) => {
    const frame = new Uint8Array(pixels.length).fill(255);
    frame.set(
      pixels.subarray(0, pixels.length - 3 * widthPx * rows * step),
      3 * widthPx * rows * step,
    );
    return frame;
  });
  return { widthPx, heightPx, fps: 1, frames };
}

/** A world model under a spec, without pauses between attempts. */
export function videoModelAt(
  spec: string,
  environment: Readonly<Record<string, string>> = {},
): RemoteWorldModel {
  return connectWorldModel(parseVideoSpec(spec), { environment, sleep: () => Promise.resolve() });
}
