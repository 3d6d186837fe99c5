/** Shown where a figure was not measured. */
export const missing = "–";

/** @returns a score or rate with two decimals. */
export function formatScore(value: number | null | undefined): string {
  return value === undefined || value === null || !Number.isFinite(value)
    ? missing
    : formatHundredths(value);
}

/** Two decimals, halves upward: `toFixed` alone writes 0.835 as "0.83", since no double is quite 0.835. */
export function formatHundredths(value: number): string {
  return (Math.round(value * 100) / 100).toFixed(2);
}

/** @returns decibels with two decimals, without the unit. */
export function formatDecibels(value: number | null): string {
  return value === null || !Number.isFinite(value) ? missing : value.toFixed(2);
}

/** @returns a share in [0, 1] as whole percent, such as "83 %". */
export function formatPercent(share: number | null): string {
  return share !== null && Number.isFinite(share) ? `${Math.round(100 * share)} %` : missing;
}

/** @returns three significant digits with thousands apart; such as "4.2e-7" below a thousandth. */
export function formatQuantity(value: number): string {
  if (!Number.isFinite(value)) return missing;
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-3) return value.toExponential(1);
  if (size >= 100) return groupThousands(Math.round(value));
  return value.toPrecision(3);
}

/** @returns a whole number with its thousands apart. */
export function groupThousands(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

/** @returns such as "1.14 s", "3.20 ms", "12 min 05 s" or "1 h 12 min". */
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return missing;
  if (seconds < 1e-3) return `${formatQuantity(seconds * 1e6)} µs`;
  if (seconds < 1) return `${formatQuantity(seconds * 1e3)} ms`;
  if (seconds < 100) return `${formatQuantity(seconds)} s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${String(whole % 60).padStart(2, "0")} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/** @returns how many times `reference` goes into `value`, such as "827×"; "<0.01×" for the rest. */
export function formatRatio(value: number | null, reference: number | null): string {
  const ratio = (value ?? Number.NaN) / (reference ?? Number.NaN);
  if (!Number.isFinite(ratio)) return missing;
  return ratio < 0.01 ? "<0.01×" : `${formatQuantity(ratio)}×`;
}

/** @returns arithmetic with the prefix that fits, such as "3.10 MFLOP" for 0.0031. */
export function formatArithmetic(gflop: number | null): string {
  return gflop !== null && Number.isFinite(gflop)
    ? withPrefix(gflop * 1e9, "FLOP", ["", "k", "M", "G", "T"])
    : missing;
}

/** @returns such as "4.21 MB"; powers of 1000. */
export function formatBytes(bytes: number): string {
  return withPrefix(bytes, "B", ["", "k", "M", "G", "T"]);
}

function withPrefix(value: number, unit: string, prefixes: readonly string[]): string {
  let scaled = value;
  let at = 0;
  while (scaled >= 999.5 && at < prefixes.length - 1) {
    scaled /= 1000;
    at += 1;
  }
  return `${at === 0 ? Math.round(scaled) : formatQuantity(scaled)} ${prefixes[at]!}${unit}`;
}

/** @returns words for a column's name: "heldOutPsnrDb" becomes "held-out PSNR dB". */
export function spokenName(column: string): string {
  return column
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/[_\s-]+/g, " ")
    .trim()
    .toLowerCase()
    .replace("held out", "held-out")
    .replace("psnr db", "PSNR dB");
}
