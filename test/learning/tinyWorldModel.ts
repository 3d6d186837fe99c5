import { armPlaneCount, armPlaneSidePx } from "../../src/core/dreamTensors.ts";
import { createRgbImage, type RgbImage } from "../../src/core/image.ts";
import { createRandom } from "../../src/core/random.ts";
import { withControlBranch } from "../../src/learning/controlBranch.ts";
import { initialWeights } from "../../src/learning/model.ts";
import type { TrainingClip } from "../../src/learning/trainWorldModel.ts";
import {
  worldModelGraph,
  type WorldModelWeights,
} from "../../src/learning/worldModelCheckpoint.ts";
import type { WorldModelArchitecture } from "../../src/learning/worldModelGraph.ts";

export const tinySidePx = 16;

const tinyArchitecture: WorldModelArchitecture = {
  sidePx: tinySidePx,
  frameCount: 4,
  widths: [16, 16, 16],
  headCount: 2,
  hasControl: false,
};

/** A backbone whose answer is not 0, so that what changes it shows. */
export function tinyBackbone(seed = "tiny"): WorldModelWeights {
  const { trainedParameters } = worldModelGraph(tinyArchitecture, 1).graph;
  const weights = initialWeights(trainedParameters, createRandom(seed));
  const random = createRandom(`${seed}/disturbance`);
  return {
    architecture: tinyArchitecture,
    weights: weights.map((weight) => weight + 0.02 * random.normal()),
    backbone: new Float32Array(),
    provenance: {},
  };
}

export function tinyWorldModel(): WorldModelWeights {
  return withControlBranch(tinyBackbone(), createRandom("branch"));
}

/** A dot on white, two pixels wide. */
function dotAt(x: number, y: number): RgbImage {
  const image = createRgbImage(tinySidePx, tinySidePx);
  image.pixels.fill(255);
  for (const [dx, dy] of [
    [0, 0],
    [1, 0],
    [0, 1],
    [1, 1],
  ] as const) {
    // prettier-ignore
    image.pixels.fill(0, 3 * ((y + dy) * tinySidePx + x + dx), 3 * ((y + dy) * tinySidePx + x + dx) + 3); // prettier-ignore
  }
  return image;
}

/** Arm planes with one bright finger: where it is in the first half of the clip, and in the second. */
function fingerAt(from: readonly [number, number], to: readonly [number, number]): Uint8Array {
  const planes = new Uint8Array(armPlaneCount * armPlaneSidePx * armPlaneSidePx);
  const step = armPlaneSidePx / tinySidePx;
  for (let plane = 0; plane < armPlaneCount; plane++) {
    const [x, y] = plane < armPlaneCount / 2 ? from : to;
    for (let dy = 0; dy < 2 * step; dy++) {
      const start = (plane * armPlaneSidePx + y * step + dy) * armPlaneSidePx + x * step;
      planes.fill(255, start, start + 2 * step);
    }
  }
  return planes;
}

/** A dot that the finger takes along from one place to another. */
export function draggedDots(count: number, seed: string): TrainingClip[] {
  const random = createRandom(seed);
  const place = () => [random.index(tinySidePx - 2), random.index(tinySidePx - 2)] as const;
  return Array.from({ length: count }, () => {
    const [from, to] = [place(), place()];
    const [before, after] = [dotAt(...from), dotAt(...to)];
    return {
      firstFrame: before,
      armPlanes: fingerAt(from, to),
      targets: [before, before, after, after],
    };
  });
}
