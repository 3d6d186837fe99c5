import { arms, workspaceSideM, type GraspAndRelease, type Task } from "../../core/cell.ts";
import type { Random } from "../../core/random.ts";
import { canReach, squaredDistanceFromBase } from "../../core/reach.ts";
import { clothSideCount } from "../objects/cloth.ts";
import { randomDirection } from "../objects/pose.ts";
import type { SoftBodyModel, SoftBodyState } from "../physics/softBody.ts";

/** How far a drag carries what it holds, metres. */
const dragLengthM: Record<Task, { readonly min: number; readonly max: number }> = {
  rope: { min: 0.1, max: 0.26 },
  cloth: { min: 0.1, max: 0.24 },
  toy: { min: 0.08, max: 0.2 },
};
/** A release nearer to the workspace's edge than this might leave its square, metres. */
const edgeM = 0.03;

/**
 * A drag that makes a goal: some part of the object, brought somewhere else by one arm.
 *
 * @returns null for a draw that no arm reaches or that leaves the workspace.
 */
export function drawDrag(
  task: Task,
  model: SoftBodyModel,
  state: SoftBodyState,
  random: Random,
): GraspAndRelease | null {
  const particle = drawParticle(task, model, random);
  const { min, max } = dragLengthM[task];
  const lengthM = random.between(min, max);
  const { cosine, sine } =
    task === "cloth" ? foldingDirection(state, particle, random) : randomDirection(random);
  const grasp = {
    x: state.positions[3 * particle]!,
    y: state.positions[3 * particle + 1]!,
    z: 0,
  };
  const release = { x: grasp.x + lengthM * cosine, y: grasp.y + lengthM * sine, z: 0 };
  const limitM = workspaceSideM / 2 - edgeM;
  if (Math.abs(release.x) > limitM || Math.abs(release.y) > limitM) return null;
  const [nearer] = arms
    .filter((arm) => canReach(arm, grasp) && canReach(arm, release))
    .sort((a, b) => squaredDistanceFromBase(a, grasp) - squaredDistanceFromBase(b, grasp));
  return nearer === undefined ? null : { arm: nearer, grasp, release };
}

/** Ropes are mostly taken near an end, cloths at their border, toys half the time by the long arm. */
function drawParticle(task: Task, model: SoftBodyModel, random: Random): number {
  switch (task) {
    case "rope":
      return drawRopeParticle(model, random);
    case "cloth":
      return drawBorderParticle(random);
    case "toy":
      return random.index(2) === 0
        ? drawArmParticle(model, random)
        : random.index(model.particleCount);
  }
}

function drawRopeParticle({ particleCount }: SoftBodyModel, random: Random): number {
  if (random.index(3) === 0) return random.index(particleCount);
  const fromEnd = random.index(Math.floor(particleCount / 5));
  return random.index(2) === 0 ? fromEnd : particleCount - 1 - fromEnd;
}

/** Two directions of three point across the cloth, so that most drags fold it. */
function foldingDirection(
  { positions }: SoftBodyState,
  particle: number,
  random: Random,
): ReturnType<typeof randomDirection> {
  const direction = randomDirection(random);
  const centre = (clothSideCount * clothSideCount - 1) / 2;
  const toCentreX = positions[3 * centre]! - positions[3 * particle]!;
  const toCentreY = positions[3 * centre + 1]! - positions[3 * particle + 1]!;
  const isAcross = direction.cosine * toCentreX + direction.sine * toCentreY > 0;
  if (isAcross || random.index(3) === 0) return direction;
  return { cosine: -direction.cosine, sine: -direction.sine };
}

function drawBorderParticle(random: Random): number {
  const last = clothSideCount - 1;
  const along = random.index(clothSideCount);
  switch (random.index(4)) {
    case 0:
      return along;
    case 1:
      return last * clothSideCount + along;
    case 2:
      return along * clothSideCount;
    default:
      return along * clothSideCount + last;
  }
}

/** Particles far out along the material's u axis are the long arm's. */
function drawArmParticle(model: SoftBodyModel, random: Random): number {
  const reaches = Array.from({ length: model.particleCount }, (_, particle) => particle).sort(
    (a, b) => model.material[2 * b]! - model.material[2 * a]! || a - b,
  );
  return reaches[random.index(armParticleCount)]!;
}
const armParticleCount = 10;
