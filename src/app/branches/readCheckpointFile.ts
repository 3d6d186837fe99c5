import { readFile } from "node:fs/promises";
import { digestBytes, type Digest } from "../../core/digest.ts";
import { DreamlogError } from "../../core/errors.ts";
import { readCheckpoint } from "../../inference/checkpointFile.ts";

/** A checkpoint from outside the log. */
export interface CheckpointFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly digest: Digest;
  /** What the file says of itself. */
  readonly settings: string;
}

/** @throws {DreamlogError} `CHECKPOINT_INVALID` for a file that is missing or no checkpoint. */
export async function readCheckpointFile(path: string): Promise<CheckpointFile> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new DreamlogError(
      "CHECKPOINT_INVALID",
      `expected a checkpoint at ${path}, found none that can be read; name another file`,
      { path },
      error,
    );
  });
  const { settings } = readCheckpoint(bytes, path);
  return { path, bytes, digest: digestBytes(bytes), settings };
}
