import type { Digest } from "../../core/digest.ts";
import { DreamlogError, isDreamlogError } from "../../core/errors.ts";
import { loadWorldModel } from "../../dreaming/worldModel.ts";
import { checkpointImported } from "../../events/learning.ts";
import { createKeypointPolicy } from "../../planning/keypointPolicy.ts";
import type { OpenLog } from "../../../store/openLog.ts";
import { resolveHumanJudge } from "../humanVerdicts/resolveHumanJudge.ts";
import { exactProducer } from "../producers.ts";
import { closeSession, recorderFor, startSession } from "../sessionLifecycle.ts";
import type { RunSettings } from "../settings.ts";
import { requireBranchName } from "./branchName.ts";
import { reachOf, type BranchRequest } from "./branchRequest.ts";
import { branchSession } from "./findRun.ts";
import { resolvePlanner } from "./resolvePlanner.ts";
import { readCheckpointFile, type CheckpointFile } from "./readCheckpointFile.ts";
import { nameOfRun, type RunBranch } from "./runBranch.ts";

interface ImportedFile extends CheckpointFile {
  readonly role: "planner" | "worldModelControl";
}

const importer = exactProducer("app.branches", 1);
/** Role of a file's checkpoint in the branch's session. */
const checkpointRole = "checkpoint";

/**
 * Opens a branch of a run: a session that tells its settings, with the checkpoint it brings, if any.
 * The same branch again is the one that is there.
 *
 * @returns the settings to recompute its stages with.
 * @throws {DreamlogError} `CHECKPOINT_INVALID` for a file that is missing or no checkpoint;
 *   `EVENT_CONFLICT` when there is a branch of this name that does something else;
 *   `ARGUMENT_INVALID` for a name that cannot be one.
 */
export async function makeBranch(
  open: Pick<OpenLog, "log" | "blobs">,
  run: RunSettings,
  name: string,
  request: BranchRequest,
): Promise<RunSettings> {
  requireBranchName(name);
  const file = await readFileOf(request);
  const steps = [...(run.branch?.steps ?? []), { name, recomputes: reachOf(request).recomputes }];
  const session = `${nameOfRun(run.seed, steps)}/${branchSession}`;
  const change = await changeOf(open, run, request, { session, digest: file?.digest ?? null });
  const settings: RunSettings = {
    ...run,
    ...change.settings,
    branch: { ...run.branch, ...change.branch, steps },
  };
  await recordBranch(open, run, session, settings, file);
  return settings;
}

async function changeOf(
  { log }: Pick<OpenLog, "log">,
  run: RunSettings,
  request: BranchRequest,
  imported: { readonly session: string; readonly digest: Digest | null },
): Promise<{
  readonly settings?: Pick<RunSettings, "orpo">;
  readonly branch: Omit<RunBranch, "steps">;
}> {
  switch (request.kind) {
    case "replan": {
      const collector = await resolvePlanner(log, run, request.planner, imported.digest);
      return { branch: { collector } };
    }
    case "redream": {
      const { worldModel } = request;
      if (worldModel.kind !== "file") return { branch: { worldModel } };
      const { path: _path, ...rest } = worldModel;
      const event = `${imported.session}#${checkpointRole}`;
      return { branch: { worldModel: { ...rest, kind: "imported", event } } };
    }
    case "rejudge": {
      const { judge } = request;
      const isHuman = judge.kind === "human";
      return { branch: { judge: isHuman ? await resolveHumanJudge(log, run, judge) : judge } };
    }
    case "retrain": {
      const { kind: _kind, loss: _loss, candidateCount, uptoPosition, ...optimisation } = request;
      const preferences = {
        ...run.branch?.preferences,
        ...(candidateCount === undefined ? {} : { candidateCount }),
        ...(uptoPosition === undefined ? {} : { uptoPosition }),
      };
      return { settings: { orpo: { ...run.orpo, ...optimisation } }, branch: { preferences } };
    }
  }
}

async function recordBranch(
  { log, blobs }: Pick<OpenLog, "log" | "blobs">,
  run: RunSettings,
  session: string,
  settings: RunSettings,
  file: ImportedFile | null,
): Promise<void> {
  const parent = `${nameOfRun(run.seed, run.branch?.steps ?? [])}/${run.branch === undefined ? "checkpoints" : branchSession}`;
  const recorder = recorderFor({ open: { log, blobs } }, session);
  try {
    await startSession(recorder, {
      purpose: "branch",
      task: null,
      seed: run.seed,
      settings,
      parent: { session: parent, event: `${parent}#closed` },
    });
    if (file !== null) {
      const { role, path, bytes, settings: described } = file;
      const weights = await blobs.put(bytes, "application/onnx");
      const payload = { role, origin: path, weights, settings: described };
      await recorder.fact(checkpointRole, checkpointImported, payload, { producer: importer });
    }
    await closeSession(recorder, "completed");
  } catch (error) {
    if (!isDreamlogError(error, "EVENT_CONFLICT")) throw error;
    throw new DreamlogError(
      "EVENT_CONFLICT",
      `expected no branch ${session.slice(0, -branchSession.length - 1)} but this one, found one that does something else; give the new one another --name`,
      { session },
      error,
    );
  }
}

/** Loads the file as it will be used, so that a wrong one makes no branch. */
async function readFileOf(request: BranchRequest): Promise<ImportedFile | null> {
  if (request.kind === "replan" && request.planner.kind === "file") {
    const file = await readCheckpointFile(request.planner.path);
    await createKeypointPolicy({ checkpoint: file.bytes, temperature: 1 });
    return { ...file, role: "planner" };
  }
  if (request.kind === "redream" && request.worldModel.kind === "file") {
    const file = await readCheckpointFile(request.worldModel.path);
    await (await loadWorldModel({ checkpoint: file.bytes, samplingSteps: 1 })).close();
    return { ...file, role: "worldModelControl" };
  }
  return null;
}
