import { DreamlogError } from "../core/errors.ts";
import { createServiceClient, type ServiceClient, type ServiceClientOptions } from "./serviceClient.ts"; // prettier-ignore

/** What a service answered, with what it took. */
export interface RemoteReply {
  /** Without the key, should the server have repeated it. */
  readonly text: string;
  readonly attempts: number;
  readonly latencyMs: number;
}

/** Sends JSON and gets text back, patiently. */
export interface JsonClient {
  readonly baseUrl: string;
  /**
   * @param path - under the base URL, such as `/chat/completions`.
   * @param body - JSON text.
   * @param idempotencyKey - the same for every attempt, so that a server that knows it answers once.
   * @returns JSON; another text only where every attempt ended in such a one.
   * @throws {DreamlogError} as `ServiceClient.send`; `REMOTE_UNAVAILABLE` also for answers that are no
   *   UTF-8.
   */
  post(path: string, body: string, idempotencyKey: string): Promise<RemoteReply>;
}

/** @throws {DreamlogError} `ARGUMENT_INVALID` for a base URL that is none or holds credentials. */
export function createJsonClient(options: ServiceClientOptions): JsonClient {
  const client = createServiceClient(options);
  return {
    baseUrl: client.baseUrl,
    async post(path, body, idempotencyKey) {
      const { bytes, attempts, latencyMs } = await client.send({
        method: "POST",
        path,
        body: { contentType: "application/json", bytes: Buffer.from(body) },
        idempotencyKey,
        flawOf: ({ bytes }) => flawOfJson(utf8Of(bytes)),
      });
      const text = utf8Of(bytes);
      if (text === null) throw unreadable(client, path, attempts);
      return { text, attempts, latencyMs };
    },
  };
}

const notUtf8 = "an answer that is not UTF-8";

/** Why a text is no JSON, which an answer that was cut off on its way is not; null where it is. */
function flawOfJson(text: string | null): string | null {
  if (text === null) return notUtf8;
  try {
    JSON.parse(text);
    return null;
  } catch {
    return "text that is not whole JSON";
  }
}

/** @returns null for bytes that are not UTF-8. */
export function utf8Of(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function unreadable({ baseUrl }: ServiceClient, path: string, attempts: number): DreamlogError {
  const url = `${baseUrl}${path}`;
  return new DreamlogError(
    "REMOTE_UNAVAILABLE",
    `${url}: expected text, found ${notUtf8} after ${attempts} attempts; see that the URL is that of this kind of server`,
    { url, attempts, found: notUtf8, status: null },
  );
}
