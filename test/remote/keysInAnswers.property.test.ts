import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fc, test } from "@fast-check/vitest";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { readSecret } from "../../src/remote/secrets.ts";
import { createServiceClient } from "../../src/remote/serviceClient.ts";

/** What a server sends back of the key it was sent, and where. */
let careless: { readonly status: number; readonly mediaType: string; readonly body: Buffer };
const server = createServer((request, response) => {
  const key = String(request.headers.authorization).replace("Bearer ", "");
  const { status, mediaType, body } = careless;
  response.writeHead(status, { "content-type": mediaType.replace("KEY", key) });
  response.end(Buffer.from(body.toString("latin1").replaceAll("KEY", key), "latin1"));
});
let baseUrl = "";

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

const keys = fc.stringMatching(/^sk-[\x21-\x7e]{8,40}$/);
const answers = fc.record({
  status: fc.constantFrom(200, 401, 429, 500),
  mediaType: fc.constantFrom("application/json", "video/mp4", "text/x-KEY"),
  // Long enough that a message cuts it somewhere, and bytes that are no text.
  body: fc
    .tuple(fc.uint8Array({ maxLength: 40 }), fc.nat(600), fc.constantFrom("KEY", '{"id":"KEY"}'))
    .map(([bytes, length, said]) => Buffer.concat([bytes, Buffer.alloc(length, "x"), Buffer.from(said)])), // prettier-ignore
});

describe("whatever a service sends back", () => {
  test.prop([keys, answers], { numRuns: 60 })(
    "has no piece of the key, be it an answer or an error",
    async (key, answer) => {
      careless = answer;
      const secret = readSecret("KEY", { KEY: key });
      const policy = { attemptsMax: 1 };
      const client = createServiceClient({ baseUrl, secret, policy });
      let said: string;
      try {
        const { bytes, mediaType } = await client.send({ method: "GET", path: "/x" });
        said = `${mediaType} ${Buffer.from(bytes).toString("latin1")}`;
      } catch (error) {
        said = `${String(error)} ${JSON.stringify(error)}`;
      }
      // The beginning of a key that was cut off tells of it as well.
      expect(said).not.toContain(key.slice(0, 8));
      expect(said.toLowerCase()).not.toContain(key.toLowerCase());
    },
  );
});
