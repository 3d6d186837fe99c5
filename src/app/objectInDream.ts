import { cropWindow } from "../core/cell.ts";
import type { PinholeCamera } from "../core/camera.ts";
import { isDreamlogError } from "../core/errors.ts";
import { createRgbImage, type Box, type RgbImage } from "../core/image.ts";
import { cropResize } from "../media/resample.ts";
import { takeCrop } from "../perception/objectCrop.ts";
import type { Segmenter } from "../ports/segmenter.ts";

/** Crops are enlarged so far before they are segmented: the segmenter drops what is smaller than specks. */
const magnification = 4;

/**
 * What a full-scene dream says of the object alone: the dreamed frame segmented as any frame is, from
 * the box round the object in the first crop, everything else white. So both variants of the world
 * model are held against the same picture, the object frame.
 *
 * @param scene.firstCrop - full-scene crop of the observation, square.
 * @param scene.box - the object's, in pixels of the camera.
 * @param dreamed - a frame of the size of `firstCrop`.
 * @returns white all over where the dream shows no object.
 */
export async function objectInDream(
  segmenter: Segmenter,
  scene: { readonly firstCrop: RgbImage; readonly box: Box; readonly camera: PinholeCamera },
  dreamed: RgbImage,
): Promise<RgbImage> {
  const { firstCrop, box, camera } = scene;
  const sidePx = firstCrop.widthPx * magnification;
  const window = cropWindow(camera);
  const scale = sidePx / window.width;
  const boxInCrop = {
    x: Math.floor((box.x - window.x) * scale),
    y: Math.floor((box.y - window.y) * scale),
    width: Math.ceil(box.width * scale),
    height: Math.ceil(box.height * scale),
  };
  const { memory } = await segmenter.begin(enlarge(firstCrop), boxInCrop);
  const enlarged = enlarge(dreamed);
  try {
    const { mask } = await segmenter.propagate(enlarged, memory);
    const whole = { x: 0, y: 0, width: sidePx, height: sidePx };
    return takeCrop(enlarged, mask, whole, dreamed.widthPx);
  } catch (error) {
    if (!isDreamlogError(error, "MASK_EMPTY")) throw error;
    const white = createRgbImage(dreamed.widthPx, dreamed.heightPx);
    white.pixels.fill(255);
    return white;
  }
}

function enlarge(crop: RgbImage): RgbImage {
  const { widthPx: width, heightPx: height } = crop;
  return cropResize(crop, { x: 0, y: 0, width, height }, width * magnification);
}
