/** Nearer than this to the camera nothing is drawn, metres. */
export const nearestDepthM = 0.02;

/** Red, green, blue, each 0 to 255. */
export type Rgb = readonly [number, number, number];

/**
 * What the rasteriser draws into. All arrays are row-major over [heightPx, widthPx].
 *
 * `depth` is the distance along the optical axis in metres, Infinity where nothing was drawn; `id`
 * says which thing a pixel shows, as the caller numbers things, 0 where nothing was drawn.
 */
export interface RenderTarget {
  readonly widthPx: number;
  readonly heightPx: number;
  /** Shape [heightPx, widthPx, 3]. */
  readonly rgb: Uint8Array;
  readonly depth: Float32Array;
  readonly id: Uint8Array;
}

/** @returns an empty, black target. */
export function createRenderTarget(widthPx: number, heightPx: number): RenderTarget {
  const pixelCount = widthPx * heightPx;
  return {
    widthPx,
    heightPx,
    rgb: new Uint8Array(pixelCount * 3),
    depth: new Float32Array(pixelCount).fill(Infinity),
    id: new Uint8Array(pixelCount),
  };
}

/** Forgets everything drawn and paints the picture in one colour. */
export function clearTarget(target: RenderTarget, color: Rgb): void {
  const { rgb } = target;
  if (color[0] === color[1] && color[1] === color[2]) rgb.fill(color[0]);
  else {
    for (let at = 0; at < rgb.length; at += 3) {
      rgb[at] = color[0];
      rgb[at + 1] = color[1];
      rgb[at + 2] = color[2];
    }
  }
  target.depth.fill(Infinity);
  target.id.fill(0);
}

/** Makes `to` equal to `from` (say, a table drawn once), depth and ids included; sizes must agree. */
export function copyTarget(from: RenderTarget, to: RenderTarget): void {
  to.rgb.set(from.rgb);
  to.depth.set(from.depth);
  to.id.set(from.id);
}
