import type { EventView } from "../app/inspectLog.ts";
import { columns, formatInstant, formatTime, wrapText } from "./format.ts";

const labelColumns = 10;

/** One line of a session's list: position, seq, source time, kind, type and what it comes from. */
export function eventLine(event: EventView): string {
  const { position, seq, sourceTimeUs, kind, type, causes } = event;
  const line = `${String(position).padStart(8)} ${String(seq).padStart(4)}  ${formatTime(sourceTimeUs)}  ${kind.padEnd(7)} ${type}`;
  return line + causesText(causes, columns - line.length);
}

/** As many causes as there is room for, and how many more there are. */
function causesText(causes: EventView["causes"], room: number): string {
  if (causes.length === 0) return "";
  const textOf = (shown: number) => {
    const rest = shown === causes.length ? "" : ` +${causes.length - shown}`;
    return `  ← ${causes
      .slice(0, shown)
      .map(({ position }) => position)
      .join(" ")}${rest}`;
  };
  let shown = causes.length;
  while (shown > 1 && textOf(shown).length > room) shown -= 1;
  return textOf(shown);
}

/** One event with all that is known of it, for people to read. */
export function eventLines(event: EventView): readonly string[] {
  const { session, seq, position, type, version, kind, sourceTimeUs, logTimeUs } = event;
  const logged =
    logTimeUs === sourceTimeUs ? "and logged then" : `logged ${formatInstant(logTimeUs)}`;
  return [
    ...labelled("event", event.id),
    ...labelled("session", session),
    ...labelled("place", `seq ${seq} of the session, position ${position} of the log`),
    ...labelled("type", `${type}, version ${version}, ${kind}`),
    ...labelled("time", `${formatInstant(sourceTimeUs)}, ${logged}`),
    ...labelled("producer", event.producer),
    ...labelled("config", JSON.stringify(event.config).replaceAll(",", ", ")),
    ...(event.model === null ? [] : labelled("model", event.model)),
    ...(event.fingerprint === null ? [] : labelled("numerics", event.fingerprint)),
    ...(event.seed === null ? [] : labelled("seed", event.seed)),
    ...event.causes.flatMap(({ position, type, id }, at) =>
      labelled(at === 0 ? "causes" : "", `${position}  ${type}  ${id}`),
    ),
    ...(event.key === null ? [] : labelled("key", event.key)),
    ...labelled("content", event.contentDigest),
    ...labelled("chain", event.chainDigest),
    "payload",
    ...payloadLines(event.payload),
  ];
}

/** As JSON, with lists of plain values on one line. */
function payloadLines(payload: unknown): readonly string[] {
  const text = JSON.stringify(payload, null, 2).replaceAll(
    /\[\s+([^[\]{}]*?)\s+\]/g,
    (_, items: string) => `[${items.split(/\s*\n\s*/).join(" ")}]`,
  );
  return text.split("\n").flatMap((line) => {
    const indent = `  ${/^ */.exec(line)![0]}`;
    const wrapped = wrapText(line.trimStart(), columns - indent.length, "  ").split("\n");
    return wrapped.map((part) => indent + part);
  });
}

/** A text beside its label, every line of it in the same column. */
function labelled(label: string, text: string): readonly string[] {
  const lines = wrapText(text, columns - labelColumns).split("\n");
  return lines.map((line, at) => (at === 0 ? label : "").padEnd(labelColumns) + line);
}
