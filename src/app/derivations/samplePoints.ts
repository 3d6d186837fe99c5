import { keypointCount } from "../../core/cell.ts";
import { decodeMask } from "../../core/maskRuns.ts";
import { keypointsSampled, maskSegmented } from "../../events/perception.ts";
import { sampleKeypoints } from "../../perception/farthestPointSampling.ts";
import { exactProducer } from "../producers.ts";
import { causeAt, stepwiseRule } from "./rule.ts";

export const keypointProducer = exactProducer("perception.farthestPointSampling", 1, {
  count: keypointCount,
});

/** Keypoints on a mask. Cause: the mask. */
export const samplePoints = stepwiseRule<unknown, typeof keypointsSampled>({
  definition: keypointsSampled,
  component: keypointProducer.component,
  producerNow: () => keypointProducer,
  computeOne(step) {
    const { mask } = causeAt(step, 0, maskSegmented).payload;
    return { count: keypointCount, points: sampleKeypoints(decodeMask(mask), keypointCount) };
  },
});
