import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createStopwatch } from "../core/clock.ts";
import { DreamlogError } from "../core/errors.ts";
import type { Mask } from "../core/image.ts";
import { encodePng } from "../media/imageFormat.ts";
import { loadGraphs } from "../perception/sam2/loadSam2.ts";
import { drawMaskOverlay } from "../perception/sam2/maskOverlay.ts";
import { describePort, type OnnxGraph } from "../perception/sam2/onnxGraph.ts";
import { requireCachedFolder } from "../perception/sam2/weightCache.ts";
import { openWeightFolder, type WeightFolder } from "../perception/sam2/weightFolder.ts";
import { createSimulatedCell } from "../sim/simulatedCell.ts";
import type { Progress } from "./progress.ts";
import { loadSegmenter, resolveSegmenter } from "./segmenterSpec.ts";

/** What a SAM2 model is and does on this machine; plain data under stable keys. */
export interface Sam2Check {
  readonly layout: string;
  readonly digest: string;
  readonly files: WeightFolder["files"];
  /** Inputs and outputs of each graph, as its file declares them. */
  readonly graphs: readonly {
    readonly name: string;
    readonly inputs: readonly string[];
    readonly outputs: readonly string[];
  }[];
  /** A frame with a prompt, and one that is followed from it. */
  readonly frames: readonly {
    readonly name: "prompted" | "followed";
    readonly seconds: number;
    readonly areaPx: number;
    /** With what the simulator knows to be the object, 0 to 1. */
    readonly iou: number;
    /** Where its picture with the mask lies. */
    readonly overlay: string;
  }[];
  /** What is wrong; empty where nothing is. */
  readonly faults: readonly string[];
}

/** A model that finds less than this of a coloured toy on a plain table is not working. */
const iouMin = 0.5;

/**
 * Runs a model on two frames of the simulated cell, whose masks are known, and draws what it finds.
 *
 * @param spec - what may follow `sam2:` in the name of a segmenter.
 * @throws {DreamlogError} `CHECKPOINT_INVALID` for files, names or shapes that are not its layout's;
 *   `MODEL_FAILED` for results that are no numbers; `MASK_EMPTY` when nothing is found.
 */
export async function checkSam2(
  spec: string,
  options: { readonly outDir: string; readonly progress: Progress; readonly signal: AbortSignal },
): Promise<Sam2Check> {
  const resolved = await resolveSegmenter(`sam2:${spec}`, options);
  if (resolved.kind !== "sam2") throw new DreamlogError("ARGUMENT_INVALID", `expected a SAM2 model, found ${spec}`); // prettier-ignore
  const weights = await openWeightFolder(requireCachedFolder(resolved.weights), resolved.layout);
  const graphs = await describeGraphs(weights);
  const segmenter = await loadSegmenter(resolved);
  const cell = await createSimulatedCell({ motionFrames: { fractions: [] } });
  try {
    const { start, goal } = await cell.reset({ task: "toy", seed: "check/sam2" });
    const frames: Sam2Check["frames"][number][] = [];
    const see = async (
      name: "prompted" | "followed",
      scene: typeof start,
      find: () => Promise<{ readonly mask: Mask; readonly memory: unknown }>,
    ) => {
      const watch = createStopwatch();
      const { mask, memory } = await find();
      const seconds = watch.seconds();
      const overlay = join(options.outDir, `sam2-${name}.png`);
      mkdirSync(options.outDir, { recursive: true });
      writeFileSync(overlay, await encodePng(drawMaskOverlay(scene.image, mask, scene.box)));
      const areaPx = mask.bits.reduce((sum, bit) => sum + bit, 0);
      frames.push({ name, seconds, areaPx, iou: overlapOf(mask, scene.truth!.mask), overlay });
      return memory;
    };
    const memory = await see("prompted", start, () => segmenter.begin(start.image, start.box));
    await see("followed", goal, () => segmenter.propagate(goal.image, memory));
    // Encoder and decoder alone follow small motions only, and the goal may lie far from the start.
    const judged = weights.layout === "samexporter" ? frames.slice(0, 1) : frames;
    const faults = judged
      .filter(({ iou }) => iou < iouMin)
      .map(({ name, iou, areaPx }) => `expected the ${name} frame's mask to overlap the toy by ${iouMin} or more, found ${iou.toFixed(2)} with ${areaPx} pixels; look at its picture`); // prettier-ignore
    const { layout, digest, files } = weights;
    return { layout, digest, files, graphs, frames, faults };
  } finally {
    await cell.close();
    await segmenter.release?.();
  }
}

async function describeGraphs(weights: WeightFolder): Promise<Sam2Check["graphs"]> {
  const graphs = Object.entries<OnnxGraph>(await loadGraphs(weights, weights.layout, 1));
  try {
    return graphs.map(([name, { inputs, outputs }]) => ({
      name,
      inputs: inputs.map(describePort),
      outputs: outputs.map(describePort),
    }));
  } finally {
    for (const [, graph] of graphs) await graph.release();
  }
}

/** Intersection over union. */
function overlapOf(mask: Mask, truth: Mask): number {
  let both = 0;
  let either = 0;
  for (let at = 0; at < mask.bits.length; at++) {
    both += mask.bits[at]! & truth.bits[at]!;
    either += mask.bits[at]! | truth.bits[at]!;
  }
  return either === 0 ? 1 : both / either;
}
