import type { PinholeCamera } from "../../core/camera.ts";
import { arms, type Arm } from "../../core/cell.ts";
import { createMask, createRgbImage, type Mask, type RgbImage } from "../../core/image.ts";
import { copyTarget, createRenderTarget, type Rgb } from "../../media/raster.ts";
import { drawCapsules } from "../../media/rasterCapsules.ts";
import type { ArmKinematics } from "../../robot/armKinematics.ts";
import { linkCapsules, type ArmPart } from "../../robot/armShape.ts";
import { objectId, type ObjectPainter } from "./objectLook.ts";
import { drawTable } from "./tableLook.ts";

/** Where both arms are. */
export type ArmPoses = Readonly<
  Record<Arm, { readonly jointsRad: ArrayLike<number>; readonly openingM: number }>
>;

/** What the camera sees. */
export interface Rendering {
  readonly image: RgbImage;
  /** Which of its pixels are the object's; ask before the next rendering. */
  readonly objectMask: Mask;
  /**
   * Distance along the optical axis in metres, shape [heightPx, widthPx]; it is the renderer's own
   * buffer, which the next rendering overwrites.
   */
  readonly depthM: Float32Array;
}

const armId = 2;
const partColours: Readonly<Record<ArmPart, Rgb>> = {
  link: [236, 238, 240],
  joint: [70, 74, 80],
  hand: [225, 228, 232],
  finger: [60, 62, 66],
};

/** The cell as its camera sees it. Arithmetic is exact: equal states give equal pixels. */
export interface CellRenderer {
  render(painter: ObjectPainter, positions: Float64Array, poses: ArmPoses): Rendering;
}

export function createCellRenderer(camera: PinholeCamera, kinematics: ArmKinematics): CellRenderer {
  const { widthPx, heightPx } = camera;
  const table = createRenderTarget(widthPx, heightPx);
  drawTable(table, camera);
  const target = createRenderTarget(widthPx, heightPx);
  return {
    render(painter, positions, poses) {
      copyTarget(table, target);
      painter(target, camera, positions);
      for (const arm of arms) {
        const { jointsRad, openingM } = poses[arm];
        const capsules = linkCapsules(kinematics, arm, jointsRad, openingM);
        const coloured = capsules.map((shape) => ({ ...shape, color: partColours[shape.part] }));
        drawCapsules(target, camera, coloured, armId);
      }
      return {
        image: createRgbImage(widthPx, heightPx, target.rgb.slice()),
        depthM: target.depth,
        get objectMask() {
          const mask = createMask(widthPx, heightPx);
          for (let at = 0; at < mask.bits.length; at++) {
            mask.bits[at] = target.id[at] === objectId ? 1 : 0;
          }
          return mask;
        },
      };
    },
  };
}
