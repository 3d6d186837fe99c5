import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { requireServiceUrl } from "../../src/remote/serviceUrl.ts";
import { readSecret } from "../../src/remote/secrets.ts";

const keys = fc.stringMatching(/^[\x21-\x7e]{8,40}$/);

describe("a key from the environment", () => {
  test.prop([keys, fc.string(), fc.string()])(
    "is blotted out of any text, also where it is encoded",
    (key, before, after) => {
      const secret = readSecret("KEY", { KEY: key })!;
      const forms = [key, encodeURIComponent(key), Buffer.from(key).toString("base64")];
      for (const form of forms) {
        expect(secret.blotOut(`${before}${form}${after}`)).not.toContain(form);
      }
    },
  );

  test.prop([keys, fc.uint8Array({ maxLength: 50 }), fc.string({ maxLength: 20 }), fc.nat(5)])(
    "is blotted out of bytes, in whatever a server wrote it; others stay as they are",
    (key, before, prefix, form) => {
      const secret = readSecret("KEY", { KEY: key })!;
      const ways = [
        (text: string) => text,
        (text: string) => JSON.stringify(text),
        (text: string) => JSON.stringify(text).replaceAll("/", "\\/"),
        (text: string) => Buffer.from(text).toString("hex"),
        (text: string) => Buffer.from(text).toString("base64"),
        (text: string) => encodeURIComponent(text),
      ];
      const written = ways[form]!(`${prefix}${key}.`);
      const found = Buffer.from(secret.blotOutBytes(Buffer.concat([before, Buffer.from(written)])));
      for (const way of ways.slice(0, 4)) expect(found.includes(way(key))).toBe(false);
      // Of base64 the signs that its neighbours share stay.
      expect(found.toString("latin1")).not.toContain(Buffer.from(key).toString("base64"));
      expect(found.includes("[key]")).toBe(true);
      expect(secret.blotOutBytes(before)).toBe(before);
    },
  );

  it("is null where the variable is not set", () => {
    expect(readSecret("KEY", {})).toBeNull();
    expect(readSecret("KEY", { KEY: "  " })).toBeNull();
  });

  it.each(["short", "with a space in it", "ünïcode-key"])("is refused when it is %j", (key) => {
    let message = "";
    try {
      readSecret("KEY", { KEY: key });
    } catch (error) {
      message = String(error);
    }
    expect(message).toMatch(/expected a key of at least 8 visible ASCII characters in KEY/);
    expect(message).not.toContain(key);
  });
});

describe("the URL of a service", () => {
  it("loses its last slash and nothing else", () => {
    expect(requireServiceUrl("http://host:8000/v1/")).toBe("http://host:8000/v1");
  });

  it.each(["host:8000/v1", "ftp://host/v1", "", "http://host/v1?token=secret-token"])(
    "is refused as %j",
    (url) => {
      expect(() => requireServiceUrl(url)).toThrow(
        expect.objectContaining({ code: "ARGUMENT_INVALID" }),
      );
    },
  );

  it("is refused with credentials, which the error does not repeat", () => {
    for (const url of ["http://user:passw0rd@host/v1", "http://host/v1#passw0rd"]) {
      let message = "";
      try {
        requireServiceUrl(url);
      } catch (error) {
        message = `${String(error)} ${JSON.stringify(error)}`;
      }
      expect(message).toContain("ARGUMENT_INVALID");
      expect(message).not.toContain("passw0rd");
    }
  });
});
