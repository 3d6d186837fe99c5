import { armRendererProducer, renderArmClip } from "../../dreaming/armRenderer.ts";
import { armRendered } from "../../events/dreaming.ts";
import { cameraCalibrated } from "../../events/environment.ts";
import { primitiveCompiled } from "../../events/planning.ts";
import type { MediaShelf } from "../../media/mediaShelf.ts";
import type { DerivationRule } from "../../ports/derivationRule.ts";
import type { CompilingTools } from "./compileAction.ts";
import { causeAt } from "./rule.ts";

export interface RenderingTools extends CompilingTools {
  readonly media: MediaShelf;
}

/** The arms alone, moving. Causes: the compiled primitive, the camera. One encoder run for all. */
export const renderArm: DerivationRule<RenderingTools, typeof armRendered> = {
  definition: armRendered,
  component: armRendererProducer.component,
  producerNow: () => armRendererProducer,
  async compute(steps, { media, kinematics }) {
    const arms = await kinematics();
    const rendered = steps.map((step) => {
      const { candidate, arm, rateHz, stepCount, commands } = causeAt(
        step,
        0,
        primitiveCompiled,
      ).payload;
      const camera = causeAt(step, 1, cameraCalibrated).payload;
      const clip = renderArmClip(arms, { arm, rateHz, stepCount, commands }, camera);
      return { candidate, clip };
    });
    const refs = await media.storeVideos(rendered.map(({ clip }) => clip));
    return rendered.map(({ candidate, clip: { fps } }, at) => ({
      candidate,
      fps,
      video: refs[at]!,
    }));
  },
};
