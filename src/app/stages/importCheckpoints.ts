import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { DreamlogError } from "../../core/errors.ts";
import type { StoredEvent } from "../../events/envelope.ts";
import type { PayloadOf } from "../../events/eventDefinition.ts";
import { checkpointImported } from "../../events/learning.ts";
import { readCheckpoint } from "../../inference/checkpointFile.ts";
import { exactProducer } from "../producers.ts";
import { recorderFor, startSession } from "../sessionLifecycle.ts";
import { sessionName, type RunContext } from "../runContext.ts";

export type ImportedCheckpoint = StoredEvent<PayloadOf<typeof checkpointImported>>;

/** The committed weights a run starts from; `fixtures/README.md` says how each was made. */
const committed = {
  zeroShot: { role: "planner", file: "planner-zero-shot.onnx" },
  objectOnly: { role: "worldModelControl", file: "world-model-object-only.onnx" },
  fullScene: { role: "worldModelControl", file: "world-model-full-scene.onnx" },
} as const;

export type CommittedCheckpoint = keyof typeof committed;

/** Puts the committed checkpoints into the log, as facts of a session of their own. */
export async function importCheckpoints(
  context: RunContext,
): Promise<Readonly<Record<CommittedCheckpoint, ImportedCheckpoint>>> {
  const { settings, open } = context;
  const recorder = recorderFor({ open }, sessionName(settings, "checkpoints"));
  await startSession(recorder, {
    purpose: "checkpoints",
    task: null,
    seed: settings.seed,
    settings: {},
  });
  const importOne = async (name: CommittedCheckpoint) => {
    const { role, file } = committed[name];
    const bytes = await readCommitted(file);
    const { settings: described } = readCheckpoint(bytes, file);
    const weights = await open.blobs.put(bytes, "application/onnx");
    const payload = {
      role,
      origin: `fixtures/models/${file}`,
      weights,
      settings: described,
    };
    return recorder.fact(name, checkpointImported, payload, { producer: importer });
  };
  return {
    zeroShot: await importOne("zeroShot"),
    objectOnly: await importOne("objectOnly"),
    fullScene: await importOne("fullScene"),
  };
}

const importer = exactProducer("app.importCheckpoints", 1);

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
