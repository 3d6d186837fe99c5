import * as v from "valibot";
import { createStopwatch } from "../core/clock.ts";
import { DreamlogError } from "../core/errors.ts";
import { utf8Of } from "./jsonClient.ts";
import { realSleep, type Sleep } from "./requestPolicy.ts";
import type { ServiceAnswer, ServiceBody, ServiceClient, ServiceReply } from "./serviceClient.ts";
import type { SentFile } from "./videoRequest.ts";

/** A video as it came, with what it took. */
export interface AnsweredVideo extends SentFile {
  readonly attempts: number;
  readonly latencyMs: number;
}

/** A service that makes videos, by one of two APIs. */
export interface VideoService {
  /**
   * Hands a job in.
   *
   * @returns the service's name for it.
   * @throws {DreamlogError} `REMOTE_REFUSED`, `REMOTE_UNAVAILABLE`, `INTERRUPTED`.
   */
  submit(body: ServiceBody, idempotencyKey: string): Promise<string>;
  /**
   * Asks for a job until it is done, and for its video.
   *
   * @throws {DreamlogError} `REMOTE_REFUSED` for a job that failed, or (`context.status` 404 or 410)
   *   that the service does not know; `REMOTE_UNAVAILABLE` when it takes too long; `INTERRUPTED`.
   */
  collect(job: string): Promise<AnsweredVideo>;
  /** Asks and waits for the video. Throws as the two above. */
  make(body: ServiceBody, idempotencyKey: string): Promise<AnsweredVideo>;
}

export interface VideoServiceOptions {
  readonly api: "videos" | "dream-http";
  readonly client: ServiceClient;
  readonly pollMs: number;
  readonly jobTimeoutMs: number;
  /** Says why a file is not the video that was asked for, or null. */
  readonly flawOf: (file: SentFile) => Promise<string | null>;
  readonly sleep?: Sleep;
  readonly signal?: AbortSignal;
}

/** Where the two APIs differ. */
interface Routes {
  readonly submit: string;
  readonly make: string;
  readonly job: (job: string) => string;
  /** Where the video of a finished job is; null when asking for the job gives it. */
  readonly video: ((job: string) => string) | null;
}

const routes: Readonly<Record<VideoServiceOptions["api"], Routes>> = {
  videos: {
    submit: "/videos",
    make: "/videos/sync",
    job: (job) => `/videos/${encodeURIComponent(job)}`,
    video: (job) => `/videos/${encodeURIComponent(job)}/content`,
  },
  "dream-http": {
    submit: "/jobs",
    make: "",
    job: (job) => `/jobs/${encodeURIComponent(job)}`,
    video: null,
  },
};

const jobSchema = v.object({
  id: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
});
const progressSchema = v.object({
  status: v.picklist(["queued", "in_progress", "completed", "failed"]),
  error: v.nullish(v.object({ message: v.string() })),
});

export function createVideoService(options: VideoServiceOptions): VideoService {
  const { api, client, pollMs, jobTimeoutMs, flawOf, sleep = realSleep, signal } = options;
  const { submit, make, job: jobPath, video: videoPath } = routes[api];
  const asJob = (answer: ServiceAnswer) => flawOfJson(jobSchema, answer);
  const asProgress = (answer: ServiceAnswer) =>
    isFile(answer) ? Promise.resolve(null) : flawOfJson(progressSchema, answer);
  const asVideo = async (answer: ServiceAnswer) => (isFile(answer) ? flawOf(answer) : notAVideo);

  const answered = (path: string, reply: ServiceReply): AnsweredVideo => {
    if (!isFile(reply)) throw anotherKind(client, path, reply, "a video");
    const { mediaType, bytes, attempts, latencyMs } = reply;
    return { mediaType, bytes, attempts, latencyMs };
  };
  const fetchVideo = async (path: string) =>
    answered(path, await client.send({ method: "GET", path, flawOf: asVideo }));

  return {
    async submit(body, idempotencyKey) {
      const sent = { method: "POST", path: submit, body, idempotencyKey } as const;
      const reply = await client.send({ ...sent, flawOf: asJob });
      const parsed = v.safeParse(jobSchema, jsonOf(reply));
      if (parsed.success) return parsed.output.id;
      throw anotherKind(client, submit, reply, 'a job such as {"id": "…"}');
    },
    async collect(job) {
      const watch = createStopwatch();
      const path = jobPath(job);
      for (;;) {
        const flawOfAnswer = videoPath === null ? orFile(asVideo, asProgress) : asProgress;
        const reply = await client.send({ method: "GET", path, flawOf: flawOfAnswer });
        if (videoPath === null && isFile(reply)) return answered(path, reply);
        const progress = v.safeParse(progressSchema, jsonOf(reply));
        if (!progress.success) throw anotherKind(client, path, reply, "how far the job is");
        const { status, error } = progress.output;
        if (status === "failed") throw jobFailed(client, job, error?.message ?? "no reason given");
        if (status === "completed" && videoPath !== null) return fetchVideo(videoPath(job));
        const passedMs = watch.seconds() * 1000;
        if (passedMs + pollMs > jobTimeoutMs) throw jobLate(client, job, jobTimeoutMs);
        await sleep(pollMs, signal);
      }
    },
    async make(body, idempotencyKey) {
      const sent = { method: "POST", path: make, body, idempotencyKey } as const;
      return answered(make, await client.send({ ...sent, flawOf: asVideo }));
    },
  };
}

const notAVideo = "no video";

function orFile(
  ofFile: (answer: ServiceAnswer) => Promise<string | null>,
  ofOther: (answer: ServiceAnswer) => Promise<string | null>,
) {
  return (answer: ServiceAnswer) => (isFile(answer) ? ofFile(answer) : ofOther(answer));
}

/** By what the server says; one that says nothing, or just "bytes", is believed. */
function isFile({ mediaType }: ServiceAnswer): boolean {
  return /^video\/|^image\/|^application\/octet-stream$|^$/.test(mediaType);
}

function jsonOf({ bytes }: ServiceAnswer): unknown {
  try {
    return JSON.parse(utf8Of(bytes) ?? "") as unknown;
  } catch {
    return undefined;
  }
}

function flawOfJson(schema: v.GenericSchema, answer: ServiceAnswer): Promise<string | null> {
  const parsed = v.safeParse(schema, jsonOf(answer));
  return Promise.resolve(parsed.success ? null : parsed.issues[0].message);
}

function anotherKind(
  client: ServiceClient,
  path: string,
  { bytes, mediaType, attempts }: ServiceReply,
  expected: string,
): DreamlogError {
  const text = new TextDecoder().decode(bytes.subarray(0, 200));
  const url = `${client.baseUrl}${path}`;
  const found = /^\s*</.test(text) ? "a web page" : `${mediaType || "bytes"}: ${text}`;
  return new DreamlogError(
    "REMOTE_REFUSED",
    `${url}: expected ${expected}, found ${found}; see that the URL is that of this kind of server, and form= what it offers`,
    { url, attempts, found },
  );
}

function jobFailed(client: ServiceClient, job: string, reason: string): DreamlogError {
  const found = reason.slice(0, 500);
  return new DreamlogError(
    "REMOTE_REFUSED",
    `${client.baseUrl}: expected job ${job} to end well, found that it failed: ${found}; see the server's log`,
    { job, attempts: 1, found },
  );
}

function jobLate(client: ServiceClient, job: string, jobTimeoutMs: number): DreamlogError {
  return new DreamlogError(
    "REMOTE_UNAVAILABLE",
    `${client.baseUrl}: expected job ${job} to be done within ${jobTimeoutMs} ms, found that it is not; run the same command again to go on waiting for it, or raise jobTimeoutMs`,
    { job, attempts: 1, found: "unfinished" },
  );
}
