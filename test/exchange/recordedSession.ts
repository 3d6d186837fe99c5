import { topCamera, type Task } from "../../src/core/cell.ts";
import { createRgbImage, type RgbImage } from "../../src/core/image.ts";
import { createRandom } from "../../src/core/random.ts";
import { encodeMask } from "../../src/core/maskRuns.ts";
import { exactProducer } from "../../src/app/producers.ts";
import { recorderFor, startSession, closeSession } from "../../src/app/sessionLifecycle.ts";
import {
  cameraCalibrated,
  cameraFrameCaptured,
  graspAttempted,
  jointCommandsSent,
  jointStatesMeasured,
} from "../../src/events/environment.ts";
import { outcomeScored } from "../../src/events/evaluation.ts";
import { preferencesPaired } from "../../src/events/learning.ts";
import { keypointsSampled, maskSegmented } from "../../src/events/perception.ts";
import { planProposed, promptComposed } from "../../src/events/planning.ts";
import type { OpenLog } from "../../store/openLog.ts";

const producer = exactProducer("test.cell", 1);
const widthPx = 64;
const heightPx = 36;
export const rateHz = 30;

/** A picture of noise that its name decides. */
export function noise(name: string): RgbImage {
  const random = createRandom(name);
  const image = createRgbImage(widthPx, heightPx);
  for (let at = 0; at < image.pixels.length; at++) image.pixels[at] = random.index(256);
  return image;
}

/**
 * Writes one session by hand, with small pictures: a scene, a plan, a motion of `stepCount` steps that
 * the camera sees three times, a score, and preferences among three candidates.
 */
export async function recordSession(
  open: Pick<OpenLog, "log" | "blobs">,
  options: {
    readonly session: string;
    readonly task?: Task;
    readonly stepCount?: number;
    readonly prompt?: string;
    readonly score?: 0 | 0.5 | 1;
  },
): Promise<void> {
  const { session, task = "rope", stepCount = 12, prompt = "Which move?", score = 0.5 } = options;
  const recorder = recorderFor({ open }, session);
  const camera = { ...topCamera, rotation: [...topCamera.rotation], widthPx, heightPx };
  await startSession(recorder, { purpose: "collect", task, seed: session, settings: {} });
  const calibrated = await recorder.fact("camera", cameraCalibrated, camera, { producer });
  const frame = async (name: string, phase: "goal" | "start" | "motion" | "final") => {
    const image = await recorder.media.storeImage(noise(`${session}/${name}`), "image/jpeg");
    const payload = { camera: "top", phase, image };
    return recorder.fact(`${name}/frame`, cameraFrameCaptured, payload, { producer });
  };
  const keypointsOf = async (name: string, phase: "goal" | "start") => {
    const seen = await frame(name, phase);
    // Of their own for each picture: equal causes would share what is derived from them.
    const bits = noise(`${session}/${name}`).pixels.slice(0, widthPx * heightPx);
    const mask = encodeMask({ widthPx, heightPx, bits: bits.map((value) => value & 1) });
    const segmented = await recorder.derived(
      `${name}/mask`,
      maskSegmented,
      { producer, causes: [seen] },
      () => ({ mask }),
    );
    const points = Float32Array.from(bits.subarray(0, 6), (value) => 5 + (value % 25));
    return recorder.derived(
      `${name}/keypoints`,
      keypointsSampled,
      { producer, causes: [segmented] },
      () => ({ count: 3, points }),
    );
  };
  const goal = await keypointsOf("goal", "goal");
  const start = await keypointsOf("start", "start");
  const asked = await recorder.derived(
    "prompt",
    promptComposed,
    { producer, causes: [start, goal] },
    () => ({ task, text: prompt, candidateCount: 3 }),
  );
  const actions = ([0, 1, 2] as const).map((at) => ({
    arm: "left" as const,
    source: at,
    target: 2 - at,
  }));
  const plan = await recorder.derived(
    "plan",
    planProposed,
    { producer, causes: [asked, start, goal, calibrated] },
    () => ({ candidates: actions.map((action) => ({ action, logProbability: null })) }),
  );
  await carryOutByHand(recorder, frame, stepCount);
  await recorder.derived("final/score", outcomeScored, { producer, causes: [goal] }, () => ({
    score,
    errorM: 0.01,
  }));
  await recorder.derived(
    "pairs",
    preferencesPaired,
    { producer, causes: [plan, plan, start, goal, calibrated] },
    () => ({ task, positive: actions[1]!, negatives: [actions[0]!, actions[2]!] }),
  );
  await closeSession(recorder, "completed");
}

async function carryOutByHand(
  recorder: ReturnType<typeof recorderFor>,
  frame: (name: string, phase: "motion" | "final") => Promise<unknown>,
  stepCount: number,
): Promise<void> {
  const random = createRandom(recorder.session).split("arms");
  const values = (count: number) => Float32Array.from({ length: count }, () => random.uniform());
  const commands = values(8 * stepCount);
  const startUs = recorder.nowUs();
  await recorder.fact(
    "command",
    jointCommandsSent,
    { arm: "right", rateHz, stepCount, commands },
    { producer },
  );
  const stepUs = (step: number) => startUs + Math.round((step * 1_000_000) / rateHz);
  recorder.advanceToUs(stepUs(Math.floor(stepCount / 3)));
  const grasp = { arm: "right", isHolding: true, heldParticles: 1 } as const;
  await recorder.fact("sample/0", graspAttempted, grasp, { producer });
  for (const at of [1, 2]) {
    recorder.advanceToUs(stepUs(Math.floor((stepCount * (at + 0.5)) / 3)));
    await frame(`sample/${at}`, "motion");
  }
  recorder.advanceToUs(stepUs(stepCount));
  await recorder.fact(
    "sample/3",
    jointStatesMeasured,
    { rateHz, stepCount, states: values(16 * stepCount) },
    { producer },
  );
  await frame("sample/4", "final");
}
