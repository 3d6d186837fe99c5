import type { LogFiles } from "../app/logFiles.ts";
import type { LogStats } from "../ports/eventLog.ts";
import { counted, formatBytes } from "./format.ts";

/** What a log holds and takes, for people to read. */
export function statsLines(stats: LogStats, files: LogFiles): readonly string[] {
  const row = (name: string, count: string | number, bytes: string | number) =>
    `  ${name.padEnd(36)} ${String(count).padStart(8)}  ${(typeof bytes === "number" ? formatBytes(bytes) : bytes).padStart(9)}`;
  return [
    [
      counted(stats.sessions, "session"),
      counted(stats.events, "event"),
      counted(stats.blobs, "blob"),
      formatBytes(stats.bytes),
    ].join(", "),
    "",
    row("events of type", "count", "payloads"),
    ...stats.byType.map(({ type, events, bytes }) => row(type, events, bytes)),
    "",
    row("blobs of media type", "count", "bytes"),
    ...stats.byMediaType.map(({ mediaType, blobs, bytes }) => row(mediaType, blobs, bytes)),
    "",
    row("on the disk", "", "bytes"),
    row("the file", "", files.log),
    ...(files.writeAheadLog > 0 ? [row("its write-ahead log", "", files.writeAheadLog)] : []),
    ...(files.segments > 0 ? [row("segment files beside it", "", files.segments)] : []),
  ];
}
