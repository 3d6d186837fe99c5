import { rotationOf, type PinholeCamera } from "../core/camera.ts";
import type { RenderTarget } from "../media/raster.ts";

/** At this height above the table and beyond, brightness does not fall further, metres. */
const dimmestHeightM = 0.6;
const dimmestShare = 0.3;

/**
 * Dims every drawn pixel by the height of what it shows: full brightness on the table plane, 0.3 of
 * it at 0.6 m and above.
 */
export function paintHeights(target: RenderTarget, camera: PinholeCamera): void {
  const { widthPx, heightPx, rgb, depth } = target;
  const [, , r2, , , r5, , , r8] = rotationOf(camera);
  const perMetre = (1 - dimmestShare) / dimmestHeightM;
  for (let y = 0, pixel = 0; y < heightPx; y++) {
    const v = (y - camera.cy) / camera.fy;
    for (let x = 0; x < widthPx; x++, pixel++) {
      const z = depth[pixel]!;
      if (z === Infinity) continue;
      const u = (x - camera.cx) / camera.fx;
      const heightM = camera.position.z + z * (r2 * u + r5 * v + r8);
      const share = Math.min(1, Math.max(dimmestShare, 1 - perMetre * heightM));
      const at = pixel * 3;
      rgb[at]! *= share;
      rgb[at + 1]! *= share;
      rgb[at + 2]! *= share;
    }
  }
}
