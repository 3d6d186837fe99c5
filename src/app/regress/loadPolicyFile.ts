import { createKeypointPolicy, type KeypointPolicy } from "../../planning/keypointPolicy.ts";
import { readCheckpointFile } from "../branches/readCheckpointFile.ts";

/** @throws {DreamlogError} `CHECKPOINT_INVALID` for a file that is missing or no planner's. */
export async function loadPolicyFile(path: string): Promise<KeypointPolicy> {
  const { bytes } = await readCheckpointFile(path);
  return createKeypointPolicy({ checkpoint: bytes, temperature: 1 });
}
