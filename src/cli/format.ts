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

/** UTC time of day with milliseconds. */
export function formatTime(timeUs: number): string {
  return new Date(timeUs / 1000).toISOString().slice(11, 23);
}
