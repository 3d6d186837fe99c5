import { cropSidePx, cropWindow } from "../../core/cell.ts";
import { createRgbImage } from "../../core/image.ts";
import { encodeMask } from "../../core/maskRuns.ts";
import { dreamImagined } from "../../events/dreaming.ts";
import { cameraCalibrated } from "../../events/environment.ts";
import { cropTaken, maskSegmented } from "../../events/perception.ts";
import type { MediaShelf } from "../../media/mediaShelf.ts";
import { cropMaskProducer, maskOfCrop } from "../../perception/maskOfCrop.ts";
import { exactProducer } from "../producers.ts";
import { loadDream } from "./judgeDreams.ts";
import { causeAt, stepwiseRule } from "./rule.ts";

/*
 * A dream as the next observation, where the world model is the environment. No camera saw it, so
 * nothing here is a fact: what is planned in a dream can be recomputed like all else.
 */

export const dreamedCropProducer = exactProducer("dreaming.lastFrame", 1, { sidePx: cropSidePx });

/** The object at rest after a dreamed motion: the dream's last frame. Causes: the dream, the camera. */
export const observeDream = stepwiseRule<{ readonly media: MediaShelf }, typeof cropTaken>({
  definition: cropTaken,
  component: dreamedCropProducer.component,
  producerNow: () => dreamedCropProducer,
  async computeOne(step, { media }) {
    const dream = causeAt(step, 0, dreamImagined);
    const camera = causeAt(step, 1, cameraCalibrated);
    const { widthPx, heightPx, frames } = await loadDream(media, dream.payload);
    const last = createRgbImage(widthPx, heightPx, frames.at(-1));
    const image = await media.storeImage(last, "image/qoi");
    return { variant: "objectOnly" as const, window: cropWindow(camera.payload), image };
  },
});

/** The object's pixels in the frame that such a crop stands for. Causes: the crop, the camera. */
export const segmentCrop = stepwiseRule<{ readonly media: MediaShelf }, typeof maskSegmented>({
  definition: maskSegmented,
  component: cropMaskProducer.component,
  producerNow: () => cropMaskProducer,
  async computeOne(step, { media }) {
    const crop = causeAt(step, 0, cropTaken);
    const camera = causeAt(step, 1, cameraCalibrated);
    const image = await media.loadImage(crop.payload.image);
    return { mask: encodeMask(maskOfCrop(image, crop.payload.window, camera.payload)) };
  },
});
