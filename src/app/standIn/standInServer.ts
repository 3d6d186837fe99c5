import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { DreamlogError, isDreamlogError } from "../../core/errors.ts";
import type { WorldModel } from "../../ports/worldModel.ts";
import { answerChat, type StandInModels } from "./standInChat.ts";
import { brokenReply, misbehave, type StandInFault } from "./standInFaults.ts";
import type { StandInReply } from "./standInReply.ts";
import { createStandInJobs, type StandInJob, type StandInJobs } from "./standInJobs.ts";
import { answerVideo, noiseOf, readDreamRequest, readVideosForm, type VideoQuestion } from "./standInVideos.ts"; // prettier-ignore

export { standInFaults, type StandInFault } from "./standInFaults.ts";

export interface StandInServer {
  /** Base URL of the OpenAI-compatible APIs, such as `http://127.0.0.1:4321/v1`. */
  readonly url: string;
  /** URL of the dream contract. */
  readonly dreamUrl: string;
  /** Requests received, and answers that a paying service would have charged for. */
  counts(): { readonly received: number; readonly charged: number };
  close(): Promise<void>;
}

export interface StandInOptions {
  readonly port?: number;
  /** By number of the request, from 0: what goes wrong with it, if anything. */
  readonly faultOf?: (request: number) => StandInFault | null;
  /** Requests without this bearer key get 401. */
  readonly requiredKey?: string;
  /** Of answers of `/v1/videos`; Matroska (default) is without loss, MP4 is what real servers send. */
  readonly videoEncoding?: "mkv" | "mp4";
}

/** The embedded models, with a world model that is loaded when it is first asked. */
export interface ServedModels extends StandInModels {
  readonly worldModel?: () => Promise<WorldModel>;
}

const requestBytesMax = 64 * 1024 * 1024;

/** Requests that count, and that something can go wrong with. */
const served =
  /^POST \/v1\/(chat\/completions|videos|videos\/sync)$|^GET \/v1\/videos\/[^/]+(\/content)?$|^POST \/dream(\/jobs)?$|^GET \/dream\/jobs\/[^/]+$/;

interface Received {
  readonly method: string;
  readonly path: string;
  readonly contentType: string;
  readonly key: string;
  readonly body: Uint8Array;
}

/**
 * Serves the APIs that dreamlog asks, with the embedded models and on this machine only: chat
 * completions, `/v1/videos` with jobs and without, and the dream contract. A request with an
 * idempotency key that was answered before gets the same answer and is charged once.
 *
 * @throws {DreamlogError} `ARGUMENT_INVALID` when the port is taken.
 */
export async function startStandIn(
  models: ServedModels,
  options: StandInOptions = {},
): Promise<StandInServer> {
  const { port = 0, faultOf = () => null, requiredKey, videoEncoding = "mkv" } = options;
  const chats = new Map<string, Promise<object>>();
  const jobs = createStandInJobs();
  let received = 0;

  const make = async (question: VideoQuestion, key: string, encoding: "mkv" | "mp4" | "png") => {
    if (models.worldModel === undefined) throw notFound("a world model");
    const noise = await noiseOf(models.log, key, question.seed);
    return answerVideo(await models.worldModel(), question, noise, encoding);
  };
  const answerPost = async ({ path, key, body, contentType }: Received): Promise<StandInReply> => {
    if (path === "/v1/chat/completions") {
      const known = chats.get(key) ?? answerChat(models, JSON.parse(textOf(body)));
      chats.set(key, known);
      known.catch(() => chats.delete(key));
      return json(200, await known);
    }
    const isDream = path.startsWith("/dream");
    const question = isDream ? readDreamRequest(body) : readVideosForm(body, contentType);
    const job = jobs.submit(key, () => make(question, key, isDream ? "png" : videoEncoding));
    if (path === "/v1/videos/sync" || path === "/dream") return videoOf(job);
    return json(isDream ? 202 : 200, stateOf(job));
  };
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const route = `${request.method ?? ""} ${request.url ?? ""}`;
    if (route === "GET /v1/models") {
      const body = { object: "list", data: [{ id: "stand-in", object: "model" }] };
      send(response, json(200, body));
      return;
    }
    if (!served.test(route)) throw notFound(route);
    const authorization = request.headers.authorization ?? "";
    if (requiredKey !== undefined && authorization !== `Bearer ${requiredKey}`) {
      // As careless servers do, it repeats what it was sent.
      send(response, json(401, { error: { message: `wrong key in "${authorization}"` } }));
      return;
    }
    const number = received++;
    const fault = faultOf(number);
    const read = {
      ...{ method: request.method ?? "", path: request.url ?? "", body: await bodyOf(request) },
      contentType: request.headers["content-type"] ?? "",
      key: String(request.headers["idempotency-key"] ?? `request ${number}`),
    };
    if (fault === "forgottenJob") jobs.forgetAll();
    if (misbehave(fault, response)) return;
    const reply = await (read.method === "POST" ? answerPost(read) : askedJob(jobs, read.path));
    if (fault === "duplicateJob") response.destroy();
    else send(response, brokenReply(fault, reply));
  };

  const server = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      const isMissing = isDreamlogError(error) && error.context["missing"] === true;
      const isBad = isDreamlogError(error) || error instanceof SyntaxError;
      send(response, json(isMissing ? 404 : isBad ? 400 : 500, { error: { message } }));
    });
  });
  const taken = await listen(server, port);
  return {
    url: `http://127.0.0.1:${taken}/v1`,
    dreamUrl: `http://127.0.0.1:${taken}/dream`,
    counts: () => ({ received, charged: chats.size + jobs.made() }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** How far a job is, or its video once it is done. */
async function askedJob(jobs: StandInJobs, path: string): Promise<StandInReply> {
  const [, id = "", content] =
    /^\/(?:v1\/videos|dream\/jobs)\/([^/]+)(\/content)?$/.exec(path) ?? [];
  const job = jobs.find(id);
  if (job === undefined) throw notFound(`job ${id}`);
  const isDream = path.startsWith("/dream");
  const isWanted = content !== undefined || (isDream && job.status() === "completed");
  return isWanted ? videoOf(job) : json(isDream ? 202 : 200, stateOf(job));
}

async function videoOf(job: StandInJob): Promise<StandInReply> {
  return { status: 200, ...(await job.video) };
}

function stateOf({ id, status, complaint }: StandInJob): object {
  const state = status();
  const error = state === "failed" ? { error: { message: complaint() } } : {};
  return { id, object: "video", status: state, ...error };
}

function json(status: number, body: object): StandInReply {
  return { status, mediaType: "application/json", bytes: Buffer.from(JSON.stringify(body)) };
}

function send(response: ServerResponse, { status, mediaType, bytes }: StandInReply): void {
  response.writeHead(status, { "content-type": mediaType });
  response.end(bytes);
}

function textOf(body: Uint8Array): string {
  return Buffer.from(body).toString("utf8");
}

function notFound(what: string): DreamlogError {
  return new DreamlogError("ARGUMENT_INVALID", `no ${what}`, { missing: true });
}

async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Uint8Array>) {
    length += part.length;
    if (length > requestBytesMax) {
      throw new DreamlogError("ARGUMENT_INVALID", `expected at most ${requestBytesMax} bytes`);
    }
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** @returns the port that was taken. */
async function listen(server: ReturnType<typeof createServer>, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => {
      const message = `expected to listen on port ${port} of this machine, found: ${cause.message}; name another port`;
      reject(new DreamlogError("ARGUMENT_INVALID", message, { port }, cause));
    });
    server.listen(port, "127.0.0.1", resolve);
  });
  return (server.address() as AddressInfo).port;
}
