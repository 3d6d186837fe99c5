/**
 * The cell's one lamp: direction towards it in world axes, of length 1 (2² + 3² + 6² = 7²), a little
 * to the side of the camera so that slopes show.
 */
export const lightX = 2 / 7;
export const lightY = 3 / 7;
export const lightZ = 6 / 7;

/** Share of a surface's colour that shows where the lamp does not reach. */
const ambient = 0.45;

/**
 * Lambert's law with ambient light.
 *
 * @param cosine - of the angle between the surface's normal and the lamp, −1 to 1.
 * @returns factor on the surface's colour, `ambient` to 1.
 */
export function lambert(cosine: number): number {
  return cosine > 0 ? ambient + (1 - ambient) * cosine : ambient;
}
