import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { DreamlogError, isDreamlogError } from "../../core/errors.ts";
import type { StoredEvent } from "../../events/envelope.ts";
import type { PayloadOf } from "../../events/eventDefinition.ts";
import { checkpointImported } from "../../events/learning.ts";
import { readCheckpoint } from "../../inference/checkpointFile.ts";
import { readEvents } from "../collectedSession.ts";
import { exactProducer } from "../producers.ts";
import { closeSession, recorderFor, startSession } from "../sessionLifecycle.ts";
import { sessionName, type RunContext } from "../runContext.ts";
import type { SessionRecorder } from "../sessionRecorder.ts";

export type ImportedCheckpoint = StoredEvent<PayloadOf<typeof checkpointImported>>;

/** The committed weights a run starts from; `fixtures/README.md` says how each was made. */
const committed = {
  zeroShot: { role: "planner", file: "planner-zero-shot.onnx" },
  objectOnly: { role: "worldModelControl", file: "world-model-object-only.onnx" },
  fullScene: { role: "worldModelControl", file: "world-model-full-scene.onnx" },
} as const;

export type CommittedCheckpoint = keyof typeof committed;

/**
 * Puts the committed checkpoints into the log, as facts of a session of their own, which also tells
 * the settings the run is made with.
 *
 * @throws {DreamlogError} `EVENT_CONFLICT` when the log holds a run of this seed that was begun with
 *   other settings or other checkpoints; `CHECKPOINT_INVALID` for a missing or damaged one.
 */
export async function importCheckpoints(
  context: RunContext,
): Promise<Readonly<Record<CommittedCheckpoint, ImportedCheckpoint>>> {
  // A branch goes on from what its run began with, whatever the files hold by now.
  if (context.settings.branch !== undefined) return readImported(context);
  try {
    return await recordCheckpoints(context);
  } catch (error) {
    if (!isDreamlogError(error, "EVENT_CONFLICT")) throw error;
    const { settings, open } = context;
    throw new DreamlogError(
      "EVENT_CONFLICT",
      `${open.path}: expected a run of preset ${settings.preset}, seed ${settings.seed}, found one of this seed that was begun with another preset, other settings or other checkpoints; go on with those, or name another --log or --seed`,
      { path: open.path, preset: settings.preset, seed: settings.seed },
      error,
    );
  }
}

async function readImported({ settings, open }: RunContext) {
  const events = await readEvents(open.log, sessionName(settings, "checkpoints"));
  return {
    zeroShot: events.get("zeroShot", checkpointImported),
    objectOnly: events.get("objectOnly", checkpointImported),
    fullScene: events.get("fullScene", checkpointImported),
  };
}

async function recordCheckpoints(context: RunContext) {
  const { settings, open } = context;
  const recorder = recorderFor({ open }, sessionName(settings, "checkpoints"));
  // One run may be evaluated on several ranges of starts.
  const { evaluation: _evaluation, ...ofTheRun } = settings;
  await startSession(recorder, {
    purpose: "checkpoints",
    task: null,
    seed: settings.seed,
    settings: ofTheRun,
  });
  const importOne = (name: CommittedCheckpoint) => importCommitted(recorder, name, name);
  const imported = {
    zeroShot: await importOne("zeroShot"),
    objectOnly: await importOne("objectOnly"),
    fullScene: await importOne("fullScene"),
  };
  await closeSession(recorder, "completed");
  return imported;
}

const importer = exactProducer("app.importCheckpoints", 1);

/**
 * Puts one committed checkpoint into a session.
 *
 * @param eventName - its role in the session.
 * @throws {DreamlogError} `CHECKPOINT_INVALID` for a missing or damaged one.
 */
export async function importCommitted(
  recorder: SessionRecorder,
  eventName: string,
  checkpoint: CommittedCheckpoint,
): Promise<ImportedCheckpoint> {
  const { role, file } = committed[checkpoint];
  const bytes = await readCommitted(file);
  const { settings } = readCheckpoint(bytes, file);
  const weights = await recorder.blobs.put(bytes, "application/onnx");
  const payload = { role, origin: `fixtures/models/${file}`, weights, settings };
  return recorder.fact(eventName, checkpointImported, payload, { producer: importer });
}

async function readCommitted(file: string): Promise<Uint8Array> {
  const path = fileURLToPath(new URL(`../../../fixtures/models/${file}`, import.meta.url));
  try {
    return await readFile(path);
  } catch (error) {
    throw new DreamlogError(
      "CHECKPOINT_INVALID",
      `expected a committed checkpoint at ${path}, found none; restore it from the repository or make it anew (fixtures/README.md)`,
      { path },
      error,
    );
  }
}
