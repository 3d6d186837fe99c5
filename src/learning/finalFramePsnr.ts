import { framesOfInk } from "../core/dreamTensors.ts";
import { createRgbImage } from "../core/image.ts";
import type { Random } from "../core/random.ts";
import { psnrDb } from "../media/imageQuality.ts";
import { createPredictor } from "./predictor.ts";
import { dreamSampleOf, type TrainingClip } from "./worldModelBatches.ts";
import { worldModelGraph, type WorldModelWeights } from "./worldModelCheckpoint.ts";

/**
 * Mean over clips of the peak signal-to-noise ratio of the last frame, dreamed in one sampling step; dB.
 *
 * @param clips - at least one.
 */
export async function finalFramePsnrDb(
  model: Pick<WorldModelWeights, "architecture" | "weights" | "backbone">,
  clips: readonly TrainingClip[],
  random: Random,
): Promise<number> {
  const { architecture, weights, backbone } = model;
  const { sidePx } = architecture;
  const { graph, change } = worldModelGraph(architecture, 1);
  const predictor = await createPredictor({
    graph,
    outputs: { change },
    weights,
    ...(architecture.hasControl ? { frozenWeights: backbone } : {}),
  });
  let sumDb = 0;
  for (const clip of clips) {
    const sample = dreamSampleOf(clip, architecture, random);
    const feeds = Object.fromEntries([...predictor.inputs.keys()].map((name) => [name, sample[name]!])); // prettier-ignore
    const dreamed = (await predictor.run(feeds))["change"] as Float32Array;
    const first = sample["firstFrame"]!;
    const last = dreamed.slice(-first.length).map((ink, at) => ink + first[at]!);
    const [pixels] = framesOfInk(last, sidePx);
    sumDb += psnrDb(createRgbImage(sidePx, sidePx, pixels), clip.targets.at(-1)!);
  }
  await predictor.release();
  return sumDb / clips.length;
}
