const lengthMax = 200;

/** A value in one line, for people to read; numbers in full, for the last bits may be what differs. */
export function describeValue(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "number") return String(value);
  const text = ArrayBuffer.isView(value)
    ? `${value.constructor.name} of ${value.byteLength} bytes`
    : JSON.stringify(value);
  return text.length <= lengthMax ? text : `${text.slice(0, lengthMax)}…`;
}
