import { unprojectToPlane, type PinholeCamera } from "../../core/camera.ts";
import { createRandom } from "../../core/random.ts";
import type { RenderTarget, Rgb } from "../../media/raster.ts";

const wood: Rgb = [188, 168, 140];
/** Planks run along x. */
const plankWidthM = 0.12;
const seamWidthM = 0.003;
/** Brightness of grain lines, and of single pixels, either way. */
const grainAmplitude = 7;
const noiseAmplitude = 3;
const grainWidthM = 0.004;

/** Fills a target with the table: planks with grain, its depth, and no id. */
export function drawTable(target: RenderTarget, camera: PinholeCamera): void {
  const random = createRandom("table");
  const grains = Array.from({ length: 997 }, () => random.between(-1, 1));
  const { widthPx, heightPx, rgb, depth, id } = target;
  id.fill(0);
  for (let y = 0, pixel = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++, pixel++) {
      const point = unprojectToPlane(camera, { x, y }, 0);
      const line = Math.floor(point.y / grainWidthM + 0.15 * point.x * grains[7]!);
      const grain = grains[(((line * 31) % 997) + 997) % 997]!;
      const plank = Math.floor(point.y / plankWidthM);
      const isSeam = point.y - plank * plankWidthM < seamWidthM;
      const tone =
        grainAmplitude * grain +
        4 * grains[(((plank * 57) % 997) + 997) % 997]! +
        noiseAmplitude * random.between(-1, 1) -
        (isSeam ? 30 : 0);
      for (let channel = 0; channel < 3; channel++)
        rgb[3 * pixel + channel] = wood[channel]! + tone;
      depth[pixel] = distanceAlongAxis(camera, point);
    }
  }
}

function distanceAlongAxis(
  { rotation, position }: PinholeCamera,
  point: { readonly x: number; readonly y: number; readonly z: number },
): number {
  return (
    rotation[6]! * (point.x - position.x) +
    rotation[7]! * (point.y - position.y) +
    rotation[8]! * (point.z - position.z)
  );
}
