import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { DreamlogError, isDreamlogError } from "../../src/core/errors.ts";
import { readMcap } from "./readMcap.ts";
import { readRosbag2 } from "./readRosbag2.ts";
import type { RecordedMessage, RecordingEnd } from "./recordedMessage.ts";

/**
 * Reads an `.mcap` file, a rosbag2 `.db3` file, or the folder of a rosbag2, whose parts follow one
 * another; of a part that is damaged, as far as it goes.
 *
 * @throws {DreamlogError} `RECORDING_INVALID` for something else, or a folder of which no part can be read.
 */
export async function* readRecording(path: string): AsyncGenerator<RecordedMessage, RecordingEnd> {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) {
    return yield* readFile(path);
  }
  const parts = partsOf(path);
  const damages: string[] = [];
  let unreadCount = 0;
  for (const part of parts) {
    try {
      const { damage } = yield* readFile(join(path, part));
      if (damage !== null) damages.push(`${part}: ${damage}`);
    } catch (error) {
      if (!isDreamlogError(error, "RECORDING_INVALID")) throw error;
      unreadCount += 1;
      if (unreadCount === parts.length) throw error;
      damages.push(error.message);
    }
  }
  return { damage: damages.length === 0 ? null : damages.join("; ") };
}

async function* readFile(path: string): AsyncGenerator<RecordedMessage, RecordingEnd> {
  return path.endsWith(".mcap") ? yield* readMcap(path) : yield* readRosbag2(path);
}

/** Parts are numbered, `bag_0.mcap` and so on; the tenth comes after the second. */
function partsOf(folder: string): readonly string[] {
  const numberOf = (name: string) => Number(/_(\d+)\.\w+$/.exec(name)?.[1] ?? 0);
  const parts = readdirSync(folder)
    .filter((name) => /\.(mcap|db3)$/.test(name))
    .sort((a, b) => numberOf(a) - numberOf(b) || (a < b ? -1 : 1));
  if (parts.length > 0) return parts;
  throw new DreamlogError(
    "RECORDING_INVALID",
    `${folder}: expected the folder of a rosbag2 with .mcap or .db3 files, found none; decompress those that end in .zstd, or name a file`,
    { folder },
  );
}
