import type { Digest } from "../core/digest.ts";
import { invariant } from "../core/errors.ts";
import { loadWorldModel } from "../dreaming/worldModel.ts";
import type { Position, StoredEvent } from "../events/envelope.ts";
import type { WorldModel } from "../ports/worldModel.ts";
import type { OpenLog } from "../../store/openLog.ts";
import { dreamCandidates, type DreamEvent, type RenderedCandidate } from "./dreamCandidates.ts";
import { dreamRemotely, type DreamedScene } from "./remote/dreamRemotely.ts";
import { connectWorldModel, type RemoteWorldModel } from "./remote/videoModel.ts";
import type { VideoSpec } from "./remote/videoSpec.ts";
import type { SessionRecorder } from "./sessionRecorder.ts";

/** A trained world model in the log. */
export interface WorldModelSource {
  readonly checkpoint: Position;
  readonly weights: Digest;
  readonly samplingSteps: number;
}

/** What dreams, so that any thread can be told: a checkpoint of the log, or a model behind a service. */
export type DreamerSource = WorldModelSource | VideoSpec;

/** The embedded world model, with the event that holds its weights. */
export interface EmbeddedDreamer {
  readonly kind: "embedded";
  readonly model: WorldModel;
  readonly checkpoint: StoredEvent;
}

export type Dreamer = EmbeddedDreamer | RemoteWorldModel;

export function isRemoteSource(source: DreamerSource): source is VideoSpec {
  return "url" in source;
}

/**
 * @param signal - ends what is being asked of a service.
 * @throws {DreamlogError} `BLOB_MISSING`, `CHECKPOINT_INVALID`; `ARGUMENT_INVALID` for a key that is none.
 */
export async function loadDreamer(
  open: Pick<OpenLog, "log" | "blobs">,
  source: DreamerSource,
  signal?: AbortSignal,
): Promise<Dreamer> {
  if (isRemoteSource(source)) {
    return connectWorldModel(source, signal === undefined ? {} : { signal });
  }
  return loadEmbeddedDreamer(open, source);
}

/** @throws {DreamlogError} `BLOB_MISSING`, `CHECKPOINT_INVALID`. */
export async function loadEmbeddedDreamer(
  { log, blobs }: Pick<OpenLog, "log" | "blobs">,
  { checkpoint: position, weights, samplingSteps }: WorldModelSource,
): Promise<EmbeddedDreamer> {
  const checkpoint = await log.get(position);
  invariant(checkpoint !== undefined, "the trained world model is in the log");
  const model = await loadWorldModel({ checkpoint: await blobs.get(weights), samplingSteps });
  return { kind: "embedded", model, checkpoint };
}

/**
 * Dreams every rendered candidate from an observation.
 *
 * @returns in order of candidate; a model behind a service may have refused some.
 * @throws {DreamlogError} as `dreamRemotely`, and what the embedded model throws.
 */
export function dreamWith(
  recorder: SessionRecorder,
  dreamer: Dreamer,
  scene: DreamedScene,
  rendered: readonly RenderedCandidate[],
): Promise<readonly DreamEvent[]> {
  return dreamer.kind === "remote"
    ? dreamRemotely(recorder, dreamer, scene, rendered)
    : dreamCandidates(recorder, dreamer.model, dreamer.checkpoint, scene.crop, rendered);
}

/** Ends a model's session, if it has one here. */
export async function closeDreamer(dreamer: Dreamer): Promise<void> {
  if (dreamer.kind === "embedded") await dreamer.model.close();
}
