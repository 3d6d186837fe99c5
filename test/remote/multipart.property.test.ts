import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { readMultipart } from "../../src/app/standIn/readMultipart.ts";
import { multipartBody } from "../../src/remote/multipart.ts";

const names = fc.uniqueArray(fc.stringMatching(/^[a-z_]{1,12}$/), { maxLength: 6 });

describe("a form", () => {
  test.prop([names, fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: 6, maxLength: 6 })])(
    "is read as it was written, whatever its files hold, and is the same bytes every time",
    (fields, files) => {
      const parts = fields.map((name, at) =>
        at % 2 === 0
          ? { name, text: Buffer.from(files[at]!).toString("base64") }
          : { name, fileName: `${name}.bin`, mediaType: "video/mp4", bytes: files[at]! },
      );
      const { contentType, bytes } = multipartBody(parts);
      expect(Buffer.compare(multipartBody(parts).bytes, bytes)).toBe(0);
      const read = readMultipart(bytes, contentType);
      expect([...read.keys()]).toEqual(fields);
      for (const part of parts) {
        const wanted = "text" in part ? Buffer.from(part.text) : Buffer.from(part.bytes);
        expect(Buffer.from(read.get(part.name)!.bytes).equals(wanted)).toBe(true);
      }
    },
  );
});
