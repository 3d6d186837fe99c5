import type { CellPicture, CellWorld } from "../../hardware/virtualCell/cellWorld.ts";
import { arms, topCamera, type Arm, type Task } from "../core/cell.ts";
import { reachingOpeningM } from "../core/primitive.ts";
import type { RgbImage } from "../core/image.ts";
import { encodeJpeg } from "../media/imageFormat.ts";
import { createArmKinematics } from "../robot/armKinematics.ts";
import { homeJointsRad, toWorld } from "../robot/fr3.ts";
import { closedOpeningM } from "../sim/executeHandPath.ts";
import { createCellRenderer, type Rendering } from "../sim/look/cellRenderer.ts";
import { createObjectPainter } from "../sim/look/objectLook.ts";
import { createSimObject } from "../sim/objects/simObject.ts";
import { SoftBodySolver } from "../sim/physics/softBodySolver.ts";
import { createTaskScene } from "../sim/tasks/taskScene.ts";

/** The D435i sees no farther well. */
const depthMaxM = 3;

type Poses = Parameters<CellWorld["step"]>[0];

/** A virtual cell's world with the picture of what its object should become. */
export interface VirtualCellWorld extends CellWorld {
  readonly goal: RgbImage;
}

/**
 * The simulated table behind a virtual cell: what the fingers close on follows the hand, streamed one
 * camera period at a time. A picture is drawn only when something has moved since the last.
 */
export async function createVirtualCellWorld(task: Task, seed: string): Promise<VirtualCellWorld> {
  const kinematics = await createArmKinematics();
  const object = createSimObject(task);
  const solver = new SoftBodySolver(object.model);
  const scene = createTaskScene(task, seed, object, solver);
  const renderer = createCellRenderer(topCamera, kinematics);
  const painter = createObjectPainter(object);
  const home = { joints: Float64Array.from(homeJointsRad), openingM: reachingOpeningM };
  let poses: Poses = { left: home, right: home };
  let holding: Arm | null = null;
  let picture: Promise<CellPicture> | null = null;
  solver.load(scene.start);

  const draw = (positions: Float64Array, at: Poses) => {
    const poseOf = (arm: Arm) => ({ jointsRad: at[arm].joints, openingM: at[arm].openingM });
    return renderer.render(painter, positions, { left: poseOf("left"), right: poseOf("right") });
  };
  const goal = draw(scene.goal.positions, poses).image;

  const useFingers = (arm: Arm, next: Poses) => {
    const wasClosed = poses[arm].openingM <= closedOpeningM;
    const isClosed = next[arm].openingM <= closedOpeningM;
    if (isClosed && !wasClosed && holding === null) {
      if (solver.grasp(kinematics.toolPoint(arm, next[arm].joints))) holding = arm;
    } else if (!isClosed && wasClosed && holding === arm) {
      solver.release();
      holding = null;
    }
  };

  return {
    goal,
    step(next) {
      const hasMoved = arms.some((arm) => !isSamePose(poses[arm], next[arm]));
      if (holding !== null) {
        const before = kinematics.toolPoint(holding, poses[holding].joints);
        const now = kinematics.toolPoint(holding, next[holding].joints);
        solver.step(now.x - before.x, now.y - before.y, now.z - before.z);
      } else if (solver.isMoving) solver.step(0, 0, 0);
      for (const arm of arms) useFingers(arm, next);
      if (hasMoved || holding !== null || solver.isMoving) picture = null;
      poses = next;
    },
    picture: () => (picture ??= pictureOf(draw(solver.positions, poses))),
    reach: (arm, point, from) => kinematics.reach(arm, toWorld(arm, point), from),
    close: () => kinematics.close(),
  };
}

async function pictureOf({ image, depthM }: Rendering): Promise<CellPicture> {
  // A plain loop: `from` with a callback takes longer than a picture may.
  const depthMm = new Uint16Array(depthM.length);
  for (let at = 0; at < depthM.length; at++) {
    const metres = depthM[at]!;
    if (metres <= depthMaxM) depthMm[at] = Math.round(1000 * metres);
  }
  const { widthPx, heightPx, pixels: rgb } = image;
  return { widthPx, heightPx, rgb, depthMm, jpeg: await encodeJpeg(image) };
}

function isSamePose(one: Poses[Arm], other: Poses[Arm]): boolean {
  return (
    one.openingM === other.openingM &&
    one.joints.every((angle, joint) => angle === other.joints[joint])
  );
}
