import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { createJsonClient } from "../../src/remote/jsonClient.ts";
import { createRateLimit, pauseMs, type RequestPolicy } from "../../src/remote/requestPolicy.ts";

type Respond = (request: IncomingMessage, response: ServerResponse, number: number) => void;

/** A server that answers as told, with what it was sent. */
async function serverThat(respond: Respond) {
  const keys: string[] = [];
  const server = createServer((request, response) => {
    keys.push(String(request.headers["idempotency-key"]));
    request.resume();
    request.on("end", () => respond(request, response, keys.length - 1));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, keys };
}

function clientOf(baseUrl: string, policy: Partial<RequestPolicy> = {}) {
  const pauses: number[] = [];
  const sleep = (milliseconds: number) => {
    pauses.push(milliseconds);
    return Promise.resolve();
  };
  return { client: createJsonClient({ baseUrl, secret: null, policy, sleep }), pauses };
}

describe("a JSON client", () => {
  it("sends every attempt of a request under one idempotency key", async () => {
    const { url, keys } = await serverThat((_, response, number) => {
      response.statusCode = number < 2 ? 503 : 200;
      response.end("{}");
    });
    const { client, pauses } = clientOf(url);
    expect(await client.post("/x", "{}", "one")).toMatchObject({ text: "{}", attempts: 3 });
    expect(keys).toEqual(["one", "one", "one"]);
    expect(pauses).toEqual([500, 1000]);
  });

  it("waits as long as the server asks", async () => {
    const { url } = await serverThat((_, response, number) => {
      response.writeHead(number === 0 ? 429 : 200, { "retry-after": "7" });
      response.end("{}");
    });
    const { client, pauses } = clientOf(url);
    await client.post("/x", "{}", "one");
    expect(pauses).toEqual([7000]);
  });

  it("gives up after so many attempts, or when the budget would be spent waiting", async () => {
    const { url, keys } = await serverThat((_, response) => {
      response.statusCode = 500;
      response.end("out of memory");
    });
    await expect(clientOf(url, { attemptsMax: 3 }).client.post("/x", "{}", "a")).rejects.toThrow(
      /REMOTE|status 500: out of memory after 3 attempts/,
    );
    await expect(
      clientOf(url, { attemptsMax: 9, budgetMs: 100 }).client.post("/x", "{}", "b"),
    ).rejects.toMatchObject({ code: "REMOTE_UNAVAILABLE", context: { attempts: 1 } });
    expect(keys).toHaveLength(4);
  });

  it("does not repeat what the server will not take", async () => {
    const { url, keys } = await serverThat((_, response) => {
      response.statusCode = 400;
      response.end("image too large");
    });
    await expect(clientOf(url).client.post("/x", "{}", "a")).rejects.toMatchObject({
      code: "REMOTE_REFUSED",
      message: expect.stringContaining("image too large") as string,
    });
    expect(keys).toHaveLength(1);
  });

  it("says of a picture that is too large what to do", async () => {
    const { url, keys } = await serverThat((_, response) => {
      response.statusCode = 413;
      response.end("payload too large");
    });
    await expect(clientOf(url).client.post("/x", "{}", "a")).rejects.toMatchObject({
      code: "REMOTE_REFUSED",
      message: expect.stringContaining("ask for smaller pictures") as string,
      context: { status: 413 },
    });
    expect(keys).toHaveLength(1);
  });

  it("asks again for an answer that was cut off on its way, and hands on what stays so", async () => {
    const whole = '{"choices": []}';
    const { url, keys } = await serverThat((request, response, number) => {
      response.end(request.url === "/once" && number > 0 ? whole : whole.slice(0, 7));
    });
    const { client } = clientOf(url, { attemptsMax: 3 });
    expect(await client.post("/once", "{}", "a")).toMatchObject({ text: whole, attempts: 2 });
    expect(await client.post("/always", "{}", "b")).toMatchObject({
      text: whole.slice(0, 7),
      attempts: 3,
    });
    expect(keys).toEqual(["a", "a", "b", "b", "b"]);
  });

  it("follows no redirect, which could carry the key elsewhere", async () => {
    const { url } = await serverThat((_, response) => {
      response.writeHead(302, { location: "http://127.0.0.1:9/" });
      response.end();
    });
    await expect(clientOf(url).client.post("/x", "{}", "a")).rejects.toMatchObject({
      code: "REMOTE_REFUSED",
    });
  });

  it("takes neither an answer without end nor one that is not UTF-8", async () => {
    const { url } = await serverThat((request, response) => {
      response.end(request.url === "/long" ? "x".repeat(5000) : Buffer.from([0xff, 0xfe, 0x41]));
    });
    const { client } = clientOf(url, { answerBytesMax: 1000, attemptsMax: 2 });
    await expect(client.post("/long", "{}", "a")).rejects.toMatchObject({ code: "REMOTE_REFUSED" });
    await expect(client.post("/bytes", "{}", "b")).rejects.toThrow(/not UTF-8/);
  });
});

describe("patience", () => {
  it("doubles its pauses, up to half a minute", () => {
    expect([1, 2, 3, 10].map((attempt) => pauseMs(attempt, null))).toEqual([
      500, 1000, 2000, 30_000,
    ]);
    expect(pauseMs(1, "nonsense")).toBe(500);
    expect(pauseMs(1, "86400")).toBe(30_000);
  });

  it("spaces requests evenly under a limit", async () => {
    let now = 0;
    const sleep = (milliseconds: number) => {
      now += milliseconds;
      return Promise.resolve();
    };
    const nextTurn = createRateLimit(30, { nowMs: () => now, sleep });
    const turns = [];
    for (let request = 0; request < 4; request++) {
      await nextTurn();
      turns.push(now);
    }
    expect(turns).toEqual([0, 2000, 4000, 6000]);
  });
});
