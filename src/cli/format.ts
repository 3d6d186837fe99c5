const units = ["B", "kB", "MB", "GB", "TB"];

/** Such as "4.21 MB"; powers of 1000. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toPrecision(3)} ${units[unit]}`;
}

/** Of a terminal, which no line of ours is wider than where words allow it. */
export const columns = 80;

/** Such as "1 event" and "2 events". */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Such as "2026-03-01 10:20:30.123Z". */
export function formatInstant(timeUs: number): string {
  return new Date(timeUs / 1000).toISOString().replace("T", " ");
}

/** UTC time of day with milliseconds. */
export function formatTime(timeUs: number): string {
  return new Date(timeUs / 1000).toISOString().slice(11, 23);
}

/** Lines no longer than `width` where words allow it; those after the first begin with `indent`. */
export function wrapText(text: string, width: number, indent = ""): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    const start = lines.length === 0 ? "" : indent;
    if (line !== "" && start.length + longer.length > width) {
      lines.push(start + line);
      line = word;
    } else line = longer;
  }
  return [...lines, (lines.length === 0 ? "" : indent) + line].join("\n");
}
