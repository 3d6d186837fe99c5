import { cropSidePx, cropWindow } from "../../core/cell.ts";
import { decodeMask } from "../../core/maskRuns.ts";
import type { Producer, StoredEvent } from "../../events/envelope.ts";
import { cameraCalibrated, cameraFrameCaptured } from "../../events/environment.ts";
import type { PayloadOf } from "../../events/eventDefinition.ts";
import { cropTaken, maskSegmented } from "../../events/perception.ts";
import type { MediaShelf } from "../../media/mediaShelf.ts";
import { takeCrop } from "../../perception/objectCrop.ts";
import { exactProducer } from "../producers.ts";
import { causeAt, sameConfiguration, stepwiseRule } from "./rule.ts";

export type CameraEvent = StoredEvent<PayloadOf<typeof cameraCalibrated>>;
export type CropVariant = PayloadOf<typeof cropTaken>["variant"];

/** Version 2 names the camera, which says where the workspace is, among its causes. */
export function cropProducer(variant: CropVariant): Producer {
  return exactProducer("perception.crop", 2, { variant, sidePx: cropSidePx });
}

/**
 * The workspace square of a frame. Causes: the frame, the camera and, where the object is shown alone
 * on white, its mask.
 */
export const cropFrame = stepwiseRule<{ readonly media: MediaShelf }, typeof cropTaken>({
  definition: cropTaken,
  component: cropProducer("objectOnly").component,
  producerNow: (recorded) => sameConfiguration(recorded, cropProducer("objectOnly")),
  async computeOne(step, { media }) {
    const variant = step.producer.config["variant"] === "fullScene" ? "fullScene" : "objectOnly";
    const frame = causeAt(step, 0, cameraFrameCaptured);
    const camera = causeAt(step, 1, cameraCalibrated);
    const object =
      variant === "objectOnly" ? decodeMask(causeAt(step, 2, maskSegmented).payload.mask) : null;
    const window = cropWindow(camera.payload);
    const image = await media.loadImage(frame.payload.image);
    const crop = takeCrop(image, object, window, cropSidePx);
    return { variant, window, image: await media.storeImage(crop, "image/qoi") };
  },
});
