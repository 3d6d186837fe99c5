import type { SentFile } from "../../remote/videoRequest.ts";

/** The parts of a form by name; those without a file name are plain text of type `text/plain`. */
export type FormParts = ReadonlyMap<string, SentFile>;

/**
 * Reads `multipart/form-data` (RFC 7578) as clients write it: whole, and with quoted names.
 *
 * @returns an empty form for a body of another kind.
 */
export function readMultipart(bytes: Uint8Array, contentType: string): FormParts {
  const parts = new Map<string, SentFile>();
  const boundary = /^multipart\/form-data;.*boundary="?([^";]+)"?/i.exec(contentType)?.[1];
  if (boundary === undefined) return parts;
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const mark = Buffer.from(`--${boundary}`);
  for (let at = body.indexOf(mark); at >= 0;) {
    const next = body.indexOf(mark, at + mark.length);
    if (next < 0) break;
    // Between the marks: a line break, the part's head, an empty line, its content, a line break.
    const part = body.subarray(at + mark.length + 2, next - 2);
    const end = part.indexOf("\r\n\r\n");
    const head = part.subarray(0, Math.max(0, end)).toString("utf8");
    const name = /\bname="([^"]*)"/i.exec(head)?.[1];
    const mediaType = /^content-type: *(\S+)/im.exec(head)?.[1] ?? "text/plain";
    if (name !== undefined && end >= 0)
      parts.set(name, { mediaType, bytes: part.subarray(end + 4) });
    at = next;
  }
  return parts;
}
