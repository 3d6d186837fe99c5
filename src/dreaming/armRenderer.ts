import { cropCamera, type PinholeCamera } from "../core/camera.ts";
import { armClipFrameCount, armClipSidePx, arms, cropWindow } from "../core/cell.ts";
import type { RgbVideo } from "../core/image.ts";
import { reachingOpeningM } from "../core/primitive.ts";
import type { Producer } from "../events/envelope.ts";
import { clearTarget, createRenderTarget, type RenderTarget, type Rgb } from "../media/raster.ts";
import { drawCapsules } from "../media/rasterCapsules.ts";
import type { JointTrajectory } from "../ports/environment.ts";
import type { ArmKinematics } from "../robot/armKinematics.ts";
import { linkCapsules, type ArmPart } from "../robot/armShape.ts";
import { commandSize, homeJointsRad, jointCount } from "../robot/fr3.ts";
import { armClipSteps, closedShareAt } from "./armClipSteps.ts";
import { paintHeights } from "./heightBrightness.ts";

/** Played at this rate a clip lasts about as long as the motion. */
const armClipFps = 2;

const armId = 1;
const black: Rgb = [0, 0, 0];
const partColor: Record<Exclude<ArmPart, "finger">, Rgb> = {
  link: [225, 225, 230],
  joint: [110, 120, 150],
  hand: [70, 130, 255],
};
/** The fingers go from green (open) to red (closed). */
const openColor: Rgb = [60, 255, 90];
const closedColor: Rgb = [255, 60, 40];
/** Fingertips are drawn fatter than they are: they must survive averaging down to 32 pixels. */
const fingerWidening = 1.6;

export const armRendererProducer: Producer = {
  component: "dreaming.armRenderer",
  version: 1,
  config: { sidePx: armClipSidePx, frameCount: armClipFrameCount },
  model: null,
  fingerprint: null,
};

/**
 * r = render(a): the arms alone, on black, over the workspace at eight moments of the primitive (see
 * `armClipSteps`). The lower a part is, the brighter; joints are darker than links; the hand is
 * blue; the fingers show through whatever is above them, green when open and red when closed, so
 * that the grasp and release points are always visible.
 *
 * @returns `armClipFrameCount` frames of `armClipSidePx` squared, the same bits on every machine.
 */
export function renderArmClip(
  kinematics: ArmKinematics,
  trajectory: JointTrajectory,
  camera: PinholeCamera,
): RgbVideo {
  const view = cropCamera(camera, cropWindow(camera), armClipSidePx);
  const target = createRenderTarget(armClipSidePx, armClipSidePx);
  const frames = armClipSteps(trajectory, armClipFrameCount).map((step) => {
    renderArms(target, kinematics, trajectory, step, view);
    return target.rgb.slice();
  });
  return { widthPx: armClipSidePx, heightPx: armClipSidePx, fps: armClipFps, frames };
}

/** Draws both arms at one step of a trajectory, as `renderArmClip` says, over a cleared target. */
export function renderArms(
  target: RenderTarget,
  kinematics: ArmKinematics,
  trajectory: JointTrajectory,
  step: number,
  camera: PinholeCamera,
): void {
  const { arm: moving, commands } = trajectory;
  const command = commands.subarray(step * commandSize, (step + 1) * commandSize);
  clearTarget(target, black);
  const capsules = arms.flatMap((arm) =>
    arm === moving
      ? linkCapsules(kinematics, arm, command, command[jointCount]!)
      : linkCapsules(kinematics, arm, homeJointsRad, reachingOpeningM),
  );
  const body = capsules.flatMap(({ part, ...shape }) =>
    part === "finger" ? [] : [{ ...shape, color: partColor[part] }],
  );
  drawCapsules(target, camera, body, armId);
  paintHeights(target, camera);

  const color = mixed(openColor, closedColor, closedShareAt(trajectory, step));
  const fingers = capsules
    .filter(({ part }) => part === "finger")
    .map(({ a, b, radiusM }) => ({ a, b, radiusM: radiusM * fingerWidening, color }));
  // Nothing hides the fingers: they are drawn as if they were alone.
  target.depth.fill(Infinity);
  drawCapsules(target, camera, fingers, armId, { shading: "flat" });
}

function mixed(from: Rgb, to: Rgb, share: number): Rgb {
  const channel = (at: 0 | 1 | 2) => Math.round(from[at] + share * (to[at] - from[at]));
  return [channel(0), channel(1), channel(2)];
}
