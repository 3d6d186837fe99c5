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
