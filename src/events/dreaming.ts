import * as v from "valibot";
import { defineEvent } from "./eventDefinition.ts";
import { Count, Finite, MediaRefSchema } from "./media.ts";

/** r = render(a): the arms alone, moving through the primitive. Causes: the compiled primitive, the camera. */
export const armRendered = defineEvent({
  type: "dreaming.armRendered",
  kind: "derived",
  schema: v.strictObject({ candidate: Count, fps: Finite, video: MediaRefSchema }),
});

/** ô = W(o, r, seed): object-only frames. Causes: the observation's crop, the arm render, the checkpoint. */
export const dreamImagined = defineEvent({
  type: "dreaming.dreamImagined",
  kind: "derived",
  schema: v.strictObject({
    candidate: Count,
    samplingSteps: Count,
    /** Frames one above the other in one picture: height = frameCount × side. */
    frames: MediaRefSchema,
  }),
});
