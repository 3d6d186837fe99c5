import { digestFields, digestBytes } from "../core/digest.ts";
import type { ServiceBody } from "./serviceClient.ts";

/** A part of a form: a text, or a file under a name. */
export type FormPart =
  | { readonly name: string; readonly text: string }
  | {
      readonly name: string;
      readonly fileName: string;
      readonly mediaType: string;
      readonly bytes: Uint8Array;
    };

/**
 * Encodes a form as `multipart/form-data` (RFC 7578). The boundary is made from the content, so equal
 * forms are equal bytes.
 */
export function multipartBody(parts: readonly FormPart[]): ServiceBody {
  const contents = parts.map((part) => ("text" in part ? Buffer.from(part.text) : part.bytes));
  const names = parts.map(({ name }, at) => `${name} ${digestBytes(contents[at]!)}`);
  const boundary = `dreamlog-${digestFields(names).slice(0, 32)}`;
  const pieces = parts.flatMap((part, at) => {
    const file = "text" in part ? "" : `; filename="${part.fileName}"`;
    const type = "text" in part ? "" : `content-type: ${part.mediaType}\r\n`;
    const head = `--${boundary}\r\ncontent-disposition: form-data; name="${part.name}"${file}\r\n${type}\r\n`;
    return [Buffer.from(head), contents[at]!, Buffer.from("\r\n")];
  });
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    bytes: Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]),
  };
}
