import { DreamlogError } from "../../core/errors.ts";
import { prepareDatasetFolder } from "../../exchange/datasetFolder.ts";
import { writeMcapFile } from "../../exchange/mcap/mcapFile.ts";
import { interrupted } from "../runContext.ts";
import type { ExportRequest, ExportResult } from "./exportRequest.ts";
import { messagesOf } from "./mcap/messagesOf.ts";
import { readSessionUpto } from "./readEpisodes.ts";

const format = "mcap";

/**
 * Writes each session as an MCAP file for Foxglove: pictures and video as they are stored,
 * calibration, keypoints, joints, and a log line for every event, at the times they have in the log. Equal sessions give equal bytes; files that
 * are there already stay.
 *
 * @throws {DreamlogError} `STAGE_INCOMPLETE` when there is no session; `INTERRUPTED`.
 */
export async function exportMcap(request: ExportRequest): Promise<ExportResult> {
  const { log, prefix, uptoPosition, to, progress, signal } = request;
  const sessions = (await log.sessions(prefix)).filter(
    ({ firstPosition }) => firstPosition <= uptoPosition,
  );
  if (sessions.length === 0) {
    throw new DreamlogError(
      "STAGE_INCOMPLETE",
      `expected sessions "${prefix}…" up to position ${uptoPosition}, found none; name others`,
      { prefix, uptoPosition },
    );
  }
  const folder = await prepareDatasetFolder(to, format);
  const facts = { prefix, uptoPosition };
  await folder.describe({ format, isComplete: false, facts });
  progress.begin(`export ${format}`, sessions.length);
  let messages = 0;
  for (const { id } of sessions) {
    if (signal.aborted) throw interrupted(`export ${format}`);
    const events = await readSessionUpto(request, id);
    const head = events.at(-1);
    // Named by what it holds, too: a session that grew is written anew.
    const name = `${id.split("/").map(encodeURIComponent).join("/")}@${head?.chainDigest.slice(0, 12) ?? "empty"}.mcap`;
    if (!(await folder.has(name))) {
      const metadata = { session: id, head: head?.chainDigest ?? "" };
      messages += await writeMcapFile(
        folder.pathOf(name),
        messagesOf(request.blobs, events),
        metadata,
      );
    }
    progress.advance(1);
  }
  const counts = { sessions: sessions.length, messages };
  await folder.describe({
    format,
    isComplete: true,
    facts: { ...facts, sessions: sessions.length },
  });
  progress.end(`${counts.sessions} files, ${counts.messages} messages`);
  return { to, counts, next: "open a file in Foxglove, or: mcap doctor FILE" };
}
