import { createRgbImage, type RgbImage } from "../../core/image.ts";
import { dreamImagined } from "../../events/dreaming.ts";
import type { Producer, StoredEvent } from "../../events/envelope.ts";
import { cameraCalibrated, objectBoxLabelled } from "../../events/environment.ts";
import { dreamsMeasured } from "../../events/evaluation.ts";
import type { PayloadOf } from "../../events/eventDefinition.ts";
import { cropTaken } from "../../events/perception.ts";
import { objectIou, psnrDb } from "../../media/imageQuality.ts";
import type { MediaShelf } from "../../media/mediaShelf.ts";
import type { Segmenter } from "../../ports/segmenter.ts";
import { objectInDream } from "../objectInDream.ts";
import { exactProducer } from "../producers.ts";
import { loadDream } from "./judgeDreams.ts";
import { causeAt, sameConfiguration, stepwiseRule } from "./rule.ts";

export type MeasuredVariant = PayloadOf<typeof dreamsMeasured>["variant"];

export function dreamMeasurementProducer(variant: MeasuredVariant): Producer {
  return exactProducer("app.dreamMeasurement", 2, { variant });
}

export interface MeasuringTools {
  readonly media: Pick<MediaShelf, "loadImage">;
  readonly segmenter: Segmenter;
}

/** Causes of one trial; the last is the crop of what really happened. */
const causesATrial: Readonly<Record<MeasuredVariant, number>> = {
  objectOnly: 2,
  copyFirstFrame: 2,
  fullScene: 5,
};

/**
 * Predictions of the final object frame against what really happened, averaged over trials. Causes,
 * trial after trial: the dream and the final crop; for a copy of the first frame, the first crop and
 * the final one; for a full-scene dream, the dream, the first crop, the object's box, the camera and
 * the final crop.
 */
export const measureDreams = stepwiseRule<MeasuringTools, typeof dreamsMeasured>({
  definition: dreamsMeasured,
  component: "app.dreamMeasurement",
  producerNow: (recorded) => sameConfiguration(recorded, dreamMeasurementProducer("objectOnly")),
  async computeOne(step, tools) {
    const { variant } = step.producer.config as { readonly variant: MeasuredVariant };
    const stride = causesATrial[variant];
    let psnrSum = 0;
    let iouSum = 0;
    for (let first = 0; first < step.causes.length; first += stride) {
      const trial = { causes: step.causes.slice(first, first + stride) };
      const predicted = await predictions[variant](trial, tools);
      const final = causeAt(trial, stride - 1, cropTaken);
      const happened = await tools.media.loadImage(final.payload.image);
      psnrSum += psnrDb(predicted, happened);
      iouSum += objectIou(predicted, happened);
    }
    const clips = step.causes.length / stride;
    return { variant, clips, psnrDb: psnrSum / clips, objectIou: iouSum / clips };
  },
});

interface TrialCauses {
  readonly causes: readonly StoredEvent[];
}

/** What the final object frame is predicted to be, in pixels. */
const predictions: Readonly<
  Record<MeasuredVariant, (trial: TrialCauses, tools: MeasuringTools) => Promise<RgbImage>>
> = {
  objectOnly: (trial, { media }) => lastFrameOf(trial, media),
  copyFirstFrame: (trial, { media }) => media.loadImage(causeAt(trial, 0, cropTaken).payload.image),
  async fullScene(trial, { media, segmenter }) {
    const scene = {
      firstCrop: await media.loadImage(causeAt(trial, 1, cropTaken).payload.image),
      box: causeAt(trial, 2, objectBoxLabelled).payload.box,
      camera: causeAt(trial, 3, cameraCalibrated).payload,
    };
    return objectInDream(segmenter, scene, await lastFrameOf(trial, media));
  },
};

async function lastFrameOf(trial: TrialCauses, media: MeasuringTools["media"]): Promise<RgbImage> {
  const dream = causeAt(trial, 0, dreamImagined);
  const { widthPx, heightPx, frames } = await loadDream(media, dream.payload);
  return createRgbImage(widthPx, heightPx, frames.at(-1));
}
