import type { RgbImage } from "../../core/image.ts";
import type { GraphTensor } from "./onnxGraph.ts";
import { resizePlane } from "./resizePlane.ts";
import { encoderSidePx } from "./sam2Layouts.ts";

/** Mean and standard deviation of ImageNet's colours, which SAM2 was trained with. */
const meanColour = [0.485, 0.456, 0.406];
const colourDeviation = [0.229, 0.224, 0.225];

/**
 * A picture as the encoder takes it: stretched to a square, as SAM2's own `SAM2Transforms` does (no
 * margins keep its proportions), colours from 0 to 1, less their mean, over their deviation.
 *
 * @returns shape [1, 3, 1024, 1024].
 */
export function encoderInput(image: RgbImage): GraphTensor {
  const { widthPx, heightPx, pixels } = image;
  const square = { widthPx: encoderSidePx, heightPx: encoderSidePx };
  const areaPx = encoderSidePx * encoderSidePx;
  const data = new Float32Array(3 * areaPx);
  const plane = new Float32Array(widthPx * heightPx);
  for (let channel = 0; channel < 3; channel++) {
    for (let at = 0; at < plane.length; at++) {
      plane[at] = (pixels[3 * at + channel]! / 255 - meanColour[channel]!) / colourDeviation[channel]!; // prettier-ignore
    }
    data.set(resizePlane(plane, image, square, true), channel * areaPx);
  }
  return { data, shape: [1, 3, encoderSidePx, encoderSidePx] };
}
