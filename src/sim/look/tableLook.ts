import { projectPoint, unprojectToPlane, type PinholeCamera } from "../../core/camera.ts";
import { createRandom } from "../../core/random.ts";
import type { RenderTarget, Rgb } from "../../media/raster.ts";

const wood: Rgb = [188, 168, 140];
/** Planks run along x. */
const plankWidthM = 0.12;
const seamWidthM = 0.003;
/** Brightness of grain lines, and of single pixels, either way. */
const grainAmplitude = 7;
const plankAmplitude = 4;
const noiseAmplitude = 3;
const seamDarkness = 30;
const grainWidthM = 0.004;
/** Distinct grains; a prime, so that strides visit them all. */
const grainCount = 997;

/** Fills a target with the table: planks with grain, its depth, and no id. */
export function drawTable(target: RenderTarget, camera: PinholeCamera): void {
  const random = createRandom("table");
  const grains = Array.from({ length: grainCount }, () => random.between(-1, 1));
  const toneOf = (index: number) => grains[((index % grainCount) + grainCount) % grainCount]!;
  const { widthPx, heightPx, rgb, depth, id } = target;
  id.fill(0);
  for (let y = 0, pixel = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++, pixel++) {
      const point = unprojectToPlane(camera, { x, y }, 0);
      const line = Math.floor(point.y / grainWidthM + 0.15 * point.x * grains[7]!);
      const grain = toneOf(line * 31);
      const plank = Math.floor(point.y / plankWidthM);
      const isSeam = point.y - plank * plankWidthM < seamWidthM;
      const tone =
        grainAmplitude * grain +
        plankAmplitude * toneOf(plank * 57) +
        noiseAmplitude * random.between(-1, 1) -
        (isSeam ? seamDarkness : 0);
      for (let channel = 0; channel < 3; channel++)
        rgb[3 * pixel + channel] = wood[channel]! + tone;
      depth[pixel] = projectPoint(camera, point).depthM;
    }
  }
}
