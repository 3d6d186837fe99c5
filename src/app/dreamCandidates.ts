import type { PinholeCamera } from "../core/camera.ts";
import type { KeypointAction } from "../core/cell.ts";
import { isDreamlogError } from "../core/errors.ts";
import type { RgbVideo } from "../core/image.ts";
import type { StoredEvent } from "../events/envelope.ts";
import { armRendered, dreamImagined } from "../events/dreaming.ts";
import type { PayloadOf } from "../events/eventDefinition.ts";
import type { cameraCalibrated } from "../events/environment.ts";
import { primitiveCompiled, primitiveRefused, type planProposed } from "../events/planning.ts";
import { armRendererProducer, renderArmClip } from "../dreaming/armRenderer.ts";
import { stackFrames } from "../media/frameStack.ts";
import { loadImage, storeImage } from "../media/storedImage.ts";
import { loadVideos, storeVideos } from "../media/storedVideo.ts";
import { groundAction } from "../planning/groundAction.ts";
import { compilePrimitive, primitiveProducer } from "../planning/primitive.ts";
import type { WorldModel } from "../ports/worldModel.ts";
import type { ArmKinematics } from "../robot/armKinematics.ts";
import type { PrimitiveEvent } from "./carryOut.ts";
import type { CropEvent, KeypointsEvent } from "./observe.ts";
import type { SessionRecorder } from "./sessionRecorder.ts";

export type PlanEvent = StoredEvent<PayloadOf<typeof planProposed>>;
export type CameraEvent = StoredEvent<PayloadOf<typeof cameraCalibrated>>;
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
  /** The clip's frames where they were rendered just now; null where the log had them. */
  readonly frames: RgbVideo | null;
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
  const { action } = plan.payload.candidates[candidate]!;
  const name = `candidate/${candidate}/primitive`;
  const producer = primitiveProducer;
  // Candidates share their causes; the seed field tells their keys apart.
  const options = {
    producer,
    causes: [plan, current, goal, camera],
    seed: `candidate ${candidate}`,
  };
  try {
    return await recorder.derived(name, primitiveCompiled, options, () => {
      const scene = {
        camera: cameraOf(camera),
        current: current.payload.points,
        goal: goal.payload.points,
      };
      return { candidate, ...compilePrimitive(kinematics, groundAction(action, scene)) };
    });
  } catch (error) {
    if (!isDreamlogError(error, "ACTION_REFUSED")) throw error;
    const { reason, remedy } = error.context;
    const refusal = { candidate, action, reason: String(reason), remedy: String(remedy) };
    await recorder.derived(`${name}/refused`, primitiveRefused, options, () => refusal);
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
  const fresh = new Map<number, RgbVideo>();
  const clips = await recorder.derivedBatch(
    armRendered,
    compiled.map(({ candidate, primitive }) => ({
      name: `candidate/${candidate}/arm`,
      producer: armRendererProducer,
      causes: [primitive, context.camera],
    })),
    async (missing) => {
      const rendered = missing.map((at) => {
        const { arm, rateHz, stepCount, commands } = compiled[at]!.primitive.payload;
        const trajectory = { arm, rateHz, stepCount, commands };
        const frames = renderArmClip(kinematics, trajectory, cameraOf(context.camera));
        fresh.set(at, frames);
        return frames;
      });
      const refs = await storeVideos(recorder.blobs, rendered);
      return missing.map((at, index) => ({
        candidate: compiled[at]!.candidate,
        fps: rendered[index]!.fps,
        video: refs[index]!,
      }));
    },
  );
  return compiled.map(({ candidate, primitive }, at) => ({
    candidate,
    action: context.plan.payload.candidates[candidate]!.action,
    primitive,
    clip: clips[at]!,
    frames: fresh.get(at) ?? null,
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
  return recorder.derivedBatch(
    dreamImagined,
    rendered.map(({ candidate, clip }) => ({
      name: `candidate/${candidate}/${role}`,
      producer: worldModel.producer,
      causes: [crop, clip, checkpoint],
      seed: `dream ${candidate}`,
    })),
    async (missing) => {
      const firstFrame = await loadImage(recorder.blobs, crop.payload.image);
      const wanted = missing.map((at) => rendered[at]!);
      const clips = await loadArmClips(recorder, wanted);
      const requests = wanted.map(({ candidate }, at) => ({
        firstFrame,
        armClip: clips[at]!,
        seed: `${crop.contentDigest} ${candidate}`,
      }));
      const dreams = await worldModel.dream(requests);
      const payloads = [];
      for (const [index, at] of missing.entries()) {
        const frames = await storeImage(recorder.blobs, stackFrames(dreams[index]!), "image/qoi");
        payloads.push({
          candidate: rendered[at]!.candidate,
          samplingSteps: worldModel.samplingSteps,
          frames: { ...frames, frameCount: worldModel.frameCount },
        });
      }
      return payloads;
    },
  );
}

/** All that are not at hand in one decoder run. */
async function loadArmClips(
  recorder: SessionRecorder,
  rendered: readonly RenderedCandidate[],
): Promise<readonly RgbVideo[]> {
  const absent = rendered.filter(({ frames }) => frames === null);
  const loaded = await loadVideos(
    recorder.blobs,
    absent.map(({ clip }) => clip.payload.video),
  );
  return rendered.map((each) => each.frames ?? loaded[absent.indexOf(each)]!);
}
