import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { DreamlogError, isDreamlogError } from "../../core/errors.ts";
import { answerChat, type StandInModels } from "./standInChat.ts";

/** What a server may do instead of answering. */
export const standInFaults = [
  "429",
  "500",
  "disconnect",
  "hang",
  "truncated",
  "wrongSchema",
  "prose",
] as const;
export type StandInFault = (typeof standInFaults)[number];

export interface StandInServer {
  /** Base URL of the API, such as `http://127.0.0.1:4321/v1`. */
  readonly url: string;
  /** Requests received, and answers that a paying service would have charged for. */
  counts(): { readonly received: number; readonly charged: number };
  close(): Promise<void>;
}

const requestBytesMax = 64 * 1024 * 1024;

/**
 * Serves the OpenAI-compatible chat API with the embedded models, on this machine only. A request
 * with an idempotency key that was answered before gets the same answer and is charged once.
 *
 * @param options.faultOf - by number of the request, from 0: what goes wrong with it, if anything.
 * @param options.requiredKey - requests without this bearer key get 401.
 * @throws {DreamlogError} `ARGUMENT_INVALID` when the port is taken.
 */
export async function startStandIn(
  models: StandInModels,
  options: {
    readonly port?: number;
    readonly faultOf?: (request: number) => StandInFault | null;
    readonly requiredKey?: string;
  } = {},
): Promise<StandInServer> {
  const { port = 0, faultOf = () => null, requiredKey } = options;
  const answered = new Map<string, string>();
  let received = 0;

  const respond = async (request: IncomingMessage, response: ServerResponse) => {
    if (request.method === "GET" && request.url === "/v1/models") {
      send(response, 200, { object: "list", data: [{ id: "stand-in", object: "model" }] });
      return;
    }
    if (request.method !== "POST" || request.url !== "/v1/chat/completions") {
      send(response, 404, {
        error: { message: `no ${request.method ?? ""} ${request.url ?? ""}` },
      });
      return;
    }
    const authorization = request.headers.authorization ?? "";
    if (requiredKey !== undefined && authorization !== `Bearer ${requiredKey}`) {
      // As careless servers do, it repeats what it was sent.
      send(response, 401, { error: { message: `wrong key in "${authorization}"` } });
      return;
    }
    const fault = faultOf(received++);
    const body = await bodyOf(request);
    if (fault !== null && fault !== "prose" && fault !== "truncated") {
      misbehave(fault, response);
      return;
    }
    const key = String(request.headers["idempotency-key"] ?? `request ${received}`);
    const text = answered.get(key) ?? JSON.stringify(await answerChat(models, JSON.parse(body)));
    answered.set(key, text);
    const sent = fault === "truncated" ? text.slice(0, text.length / 2) : text;
    sendText(response, 200, fault === "prose" ? inProse(text) : sent);
  };

  const server = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      const isBad = isDreamlogError(error) || error instanceof SyntaxError;
      send(response, isBad ? 400 : 500, { error: { message } });
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => {
      const message = `expected to listen on port ${port} of this machine, found: ${cause.message}; name another port`;
      reject(new DreamlogError("ARGUMENT_INVALID", message, { port }, cause));
    });
    server.listen(port, "127.0.0.1", resolve);
  });
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${taken}/v1`,
    counts: () => ({ received, charged: answered.size }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function misbehave(
  fault: Exclude<StandInFault, "prose" | "truncated">,
  response: ServerResponse,
): void {
  switch (fault) {
    case "429":
      response.setHeader("retry-after", "0");
      send(response, 429, { error: { message: "too many requests" } });
      return;
    case "500":
      send(response, 500, { error: { message: "out of memory" } });
      return;
    case "disconnect":
      response.destroy();
      return;
    case "hang":
      // The client's time-out ends it.
      return;
    case "wrongSchema":
      send(response, 200, { result: "a server of another kind" });
  }
}

/** Answers with prose around them, as models without a schema give them. */
function inProse(text: string): string {
  const body = JSON.parse(text) as { choices: { message: { content: string } }[] };
  for (const { message } of body.choices) {
    message.content = `Let me think. The {left} side looks off.\n\n${message.content}\nI hope this helps!`;
  }
  return JSON.stringify(body);
}

function send(response: ServerResponse, status: number, body: object): void {
  sendText(response, status, JSON.stringify(body));
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(text);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Uint8Array>) {
    length += part.length;
    if (length > requestBytesMax) {
      throw new DreamlogError("ARGUMENT_INVALID", `expected at most ${requestBytesMax} bytes`);
    }
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}
