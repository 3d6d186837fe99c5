import type { PinholeCamera } from "../core/camera.ts";
import type { KeypointAction } from "../core/cell.ts";
import { isDreamlogError } from "../core/errors.ts";
import { armRendererProducer } from "../dreaming/armRenderer.ts";
import type { armRendered, dreamImagined } from "../events/dreaming.ts";
import type { StoredEvent } from "../events/envelope.ts";
import type { PayloadOf } from "../events/eventDefinition.ts";
import type { planProposed } from "../events/planning.ts";
import { primitiveProducer } from "../planning/primitive.ts";
import type { WorldModel } from "../ports/worldModel.ts";
import type { ArmKinematics } from "../robot/armKinematics.ts";
import type { PrimitiveEvent } from "./carryOut.ts";
import type { CameraEvent } from "./derivations/cropFrame.ts";
import { candidateSeed, compileAction, refuseAction } from "./derivations/compileAction.ts";
import { deriveAllBy, deriveBy } from "./derivations/deriveBy.ts";
import { imagineDream } from "./derivations/imagineDream.ts";
import { renderArm } from "./derivations/renderArm.ts";
import type { CropEvent, KeypointsEvent } from "./observe.ts";
import type { SessionRecorder } from "./sessionRecorder.ts";

export type { CameraEvent } from "./derivations/cropFrame.ts";
export type PlanEvent = StoredEvent<PayloadOf<typeof planProposed>>;
export type ArmClipEvent = StoredEvent<PayloadOf<typeof armRendered>>;
export type DreamEvent = StoredEvent<PayloadOf<typeof dreamImagined>>;

/** What candidates refer to: the plan, the keypoints it indexes, the camera they were seen with. */
export interface PlanContext {
  readonly plan: PlanEvent;
  readonly current: KeypointsEvent;
  readonly goal: KeypointsEvent;
  readonly camera: CameraEvent;
}

/** A candidate that the arm can carry out, and what its motion looks like. */
export interface RenderedCandidate {
  readonly candidate: number;
  readonly action: KeypointAction;
  readonly primitive: PrimitiveEvent;
  readonly clip: ArmClipEvent;
}

/**
 * Compiles one candidate's primitive.
 *
 * @returns null when the arm cannot do it; the refusal is then in the log.
 */
export async function compileCandidate(
  recorder: SessionRecorder,
  kinematics: ArmKinematics,
  context: PlanContext,
  candidate: number,
): Promise<PrimitiveEvent | null> {
  const { plan, current, goal, camera } = context;
  const name = `candidate/${candidate}/primitive`;
  const step = {
    producer: primitiveProducer,
    causes: [plan, current, goal, camera],
    seed: candidateSeed(candidate),
  };
  const tools = { kinematics: () => kinematics };
  try {
    return await deriveBy(recorder, compileAction, { name, ...step }, tools);
  } catch (error) {
    if (!isDreamlogError(error, "ACTION_REFUSED")) throw error;
    await deriveBy(recorder, refuseAction, { name: `${name}/refused`, ...step }, tools);
    return null;
  }
}

export function cameraOf(event: CameraEvent): PinholeCamera {
  return event.payload;
}

/** Compiles and renders every candidate the arms can carry out; all new clips in one encoder run. */
export async function renderCandidates(
  recorder: SessionRecorder,
  kinematics: ArmKinematics,
  context: PlanContext,
  candidates: readonly number[],
): Promise<readonly RenderedCandidate[]> {
  const compiled: { candidate: number; primitive: PrimitiveEvent }[] = [];
  for (const candidate of candidates) {
    const primitive = await compileCandidate(recorder, kinematics, context, candidate);
    if (primitive !== null) compiled.push({ candidate, primitive });
  }
  const clips = await deriveAllBy(
    recorder,
    renderArm,
    compiled.map(({ candidate, primitive }) => ({
      name: `candidate/${candidate}/arm`,
      producer: armRendererProducer,
      causes: [primitive, context.camera],
    })),
    { media: recorder.media, kinematics: () => kinematics },
  );
  return compiled.map(({ candidate, primitive }, at) => ({
    candidate,
    action: context.plan.payload.candidates[candidate]!.action,
    primitive,
    clip: clips[at]!,
  }));
}

/** Dreams every rendered candidate from the observation's crop, all new ones in one batch. */
export function dreamCandidates(
  recorder: SessionRecorder,
  worldModel: WorldModel,
  checkpoint: StoredEvent,
  crop: CropEvent,
  rendered: readonly RenderedCandidate[],
  role = "dream",
): Promise<readonly DreamEvent[]> {
  return deriveAllBy(
    recorder,
    imagineDream,
    rendered.map(({ candidate, clip }) => ({
      name: `candidate/${candidate}/${role}`,
      producer: worldModel.producer,
      causes: [crop, clip, checkpoint],
      seed: `dream ${candidate}`,
    })),
    { media: recorder.media, worldModelOf: () => worldModel },
  );
}
