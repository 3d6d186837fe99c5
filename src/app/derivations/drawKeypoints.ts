import { cameraFrameCaptured } from "../../events/environment.ts";
import { keypointsSampled, marksDrawn } from "../../events/perception.ts";
import type { MediaShelf } from "../../media/mediaShelf.ts";
import { drawMarks } from "../../perception/marks.ts";
import { exactProducer } from "../producers.ts";
import { causeAt, sameConfiguration, stepwiseRule } from "./rule.ts";

const component = "perception.marks";
const version = 1;

export const marksProducer = exactProducer(component, version);

/** The picture a model that looks is shown. Causes: the frame, its keypoints. */
export const drawKeypoints = stepwiseRule<
  { readonly media: Pick<MediaShelf, "loadImage" | "storeImage"> },
  typeof marksDrawn
>({
  definition: marksDrawn,
  component,
  producerNow: (recorded) => sameConfiguration(recorded, { version, fingerprint: null }),
  async computeOne(step, { media }) {
    const frame = causeAt(step, 0, cameraFrameCaptured);
    const { points } = causeAt(step, 1, keypointsSampled).payload;
    const marked = drawMarks(await media.loadImage(frame.payload.image), points);
    return { image: await media.storeImage(marked, "image/jpeg") };
  },
});
