import { digestBytes, type Digest } from "../../core/digest.ts";
import { isDreamlogError } from "../../core/errors.ts";
import type { RgbVideo } from "../../core/image.ts";
import type { StoredEvent } from "../../events/envelope.ts";
import type { PayloadOf } from "../../events/eventDefinition.ts";
import type { BlobRef } from "../../events/media.ts";
import {
  remoteJobAccepted,
  remoteRequestFailed,
  remoteVideoAnswered,
} from "../../events/remote.ts";
import { stackFrames } from "../../media/frameStack.ts";
import { encodePng } from "../../media/imageFormat.ts";
import { encodeMp4, encodeVideos } from "../../media/video.ts";
import type { ServiceBody } from "../../remote/serviceClient.ts";
import { videoRequestBody } from "../../remote/videoRequest.ts";
import type { AnsweredVideo } from "../../remote/videoService.ts";
import { isA } from "../derivations/rule.ts";
import { exactProducer } from "../producers.ts";
import type { SessionRecorder } from "../sessionRecorder.ts";
import type { RequestEvent } from "./askModel.ts";
import { isRemoteFailure, recordFailure } from "./recordFailure.ts";
import type { RemoteWorldModel } from "./videoModel.ts";
import type { ClipEncoding } from "./videoSpec.ts";

export type VideoEvent = StoredEvent<PayloadOf<typeof remoteVideoAnswered>>;
type JobEvent = StoredEvent<PayloadOf<typeof remoteJobAccepted>>;

/** A video that is being made; nothing of it is written before `finish` is called. */
export interface AskedVideo {
  /**
   * @returns null when the server refused it, or failed to make it: others may fare better.
   * @throws {DreamlogError} `REMOTE_UNAVAILABLE` when there is no server to go on with; `INTERRUPTED`.
   */
  finish(): Promise<VideoEvent | null>;
}

/** What one asking for a video goes by. */
interface Asking {
  readonly recorder: SessionRecorder;
  readonly model: RemoteWorldModel;
  readonly name: string;
  readonly request: RequestEvent;
}

/** What was sent, or was when the job was handed in. */
interface Sent {
  readonly requestDigest: Digest;
  readonly files: readonly BlobRef[];
}

type Outcome =
  | {
      readonly kind: "video";
      readonly sent: Sent;
      readonly job: string | null;
      readonly video: AnsweredVideo;
    }
  | {
      readonly kind: "error";
      readonly sent: Sent;
      readonly job: string | null;
      readonly error: unknown;
    };

/** A service that forgot a job once may have been restarted; one that forgets again is broken. */
const resubmissionsMax = 1;

/**
 * Asks for a video once and for all: what the log holds of the request is the answer, and a job that
 * the log knows is asked for by its name and not handed in again. All that is sent for one request has
 * one idempotency key, made from the request's derivation key, until the service itself ends the job;
 * then the next key counts how often it did.
 *
 * A job's name is in the log before this resolves, so a crash after it costs nothing.
 *
 * @param name - of the answer in its session.
 */
export async function startVideo(
  recorder: SessionRecorder,
  model: RemoteWorldModel,
  name: string,
  request: RequestEvent,
): Promise<AskedVideo> {
  const known = (await recorder.log.effectsOf(request.position)).find((event) =>
    isA(event, remoteVideoAnswered),
  );
  if (known !== undefined) return { finish: () => Promise.resolve(known) };
  const asking = { recorder, model, name, request };
  let underWay = await submit(asking);
  return {
    async finish() {
      for (let resubmissions = 0; ; resubmissions++) {
        const outcome = await underWay.outcome;
        if (outcome.kind === "video") return recordVideo(asking, outcome);
        await recordEnd(asking, outcome);
        const isForgotten = outcome.job !== null && isForgottenJob(outcome.error);
        if (!isForgotten || resubmissions === resubmissionsMax) return null;
        underWay = await submit(asking);
      }
    },
  };
}

/** Under way; in an object, for a promise of a promise would be waited for. */
interface UnderWay {
  /** Never rejects. */
  readonly outcome: Promise<Outcome>;
}

/** Hands the request in, or finds the job that was; resolves once the job's name is in the log. */
async function submit(asking: Asking): Promise<UnderWay> {
  const { recorder, model, name, request } = asking;
  const { service, spec } = model;
  const effects = await recorder.log.effectsOf(request.position);
  const ended = effects.filter(
    (event) => isA(event, remoteRequestFailed) && event.payload.code === "REMOTE_REFUSED",
  ).length;
  const idempotencyKey = ended === 0 ? String(request.key) : `${request.key}-${ended}`;
  const accepted = effects.find(
    (event): event is JobEvent =>
      isA(event, remoteJobAccepted) && event.payload.idempotencyKey === idempotencyKey,
  );
  if (accepted !== undefined) {
    const { requestDigest, sent: files, job } = accepted.payload;
    return collect(model, { requestDigest, files }, job);
  }
  const { sent, body } = await prepare(asking);
  if (spec.form === "sync") {
    const video = service.make(body, idempotencyKey);
    return { outcome: outcomeOf(sent, null, video) };
  }
  try {
    const job = await service.submit(body, idempotencyKey);
    const { requestDigest, files } = sent;
    await recorder.fact(
      `${name}/job/${ended}`,
      remoteJobAccepted,
      { url: spec.url, model: spec.model, requestDigest, sent: [...files], idempotencyKey, job },
      madeBy(asking),
    );
    return collect(model, sent, job);
  } catch (error) {
    return { outcome: Promise.resolve({ kind: "error", sent, job: null, error }) };
  }
}

function collect({ service }: RemoteWorldModel, sent: Sent, job: string): UnderWay {
  return { outcome: outcomeOf(sent, job, service.collect(job)) };
}

async function outcomeOf(
  sent: Sent,
  job: string | null,
  video: Promise<AnsweredVideo>,
): Promise<Outcome> {
  try {
    return { kind: "video", sent, job, video: await video };
  } catch (error) {
    return { kind: "error", sent, job, error };
  }
}

/** Encodes the request's pictures as the service wants them, and keeps what is sent. */
async function prepare({
  recorder,
  model,
  request,
}: Asking): Promise<{ readonly sent: Sent; readonly body: ServiceBody }> {
  const [firstFrame, armClip] = request.payload.pictures;
  const [clip] = await recorder.media.loadVideos([armClip!]);
  const encoded = await encodeClip(clip!, model.spec.control);
  const files = [
    firstFrame!.blob,
    await recorder.blobs.put(encoded, clipMediaTypes[model.spec.control]),
  ];
  const body = videoRequestBody(request.payload.body, [
    {
      mediaType: firstFrame!.blob.mediaType,
      bytes: await recorder.blobs.get(firstFrame!.blob.digest),
    },
    { mediaType: clipMediaTypes[model.spec.control], bytes: encoded },
  ]);
  return { sent: { requestDigest: digestBytes(body.bytes), files }, body };
}

const clipMediaTypes: Readonly<Record<ClipEncoding, string>> = {
  mp4: "video/mp4",
  mkv: "video/x-matroska",
  png: "image/png",
};

async function encodeClip(clip: RgbVideo, encoding: ClipEncoding): Promise<Uint8Array> {
  switch (encoding) {
    case "mp4":
      return encodeMp4(clip);
    case "mkv":
      return (await encodeVideos([clip]))[0]!;
    case "png":
      return encodePng(stackFrames(clip));
  }
}

async function recordVideo(
  asking: Asking,
  { sent, job, video }: Extract<Outcome, { kind: "video" }>,
): Promise<VideoEvent> {
  const { recorder, model, name } = asking;
  const { url, model: modelName } = model.spec;
  const { bytes, mediaType, attempts, latencyMs } = video;
  const payload = {
    ...{ url, model: modelName, requestDigest: sent.requestDigest, sent: [...sent.files], job },
    video: await recorder.blobs.put(
      bytes,
      mediaType === "" ? "application/octet-stream" : mediaType,
    ),
    ...{ attempts, latencyMs },
  };
  return recorder.fact(name, remoteVideoAnswered, payload, madeBy(asking));
}

/** @throws what ends more than this one video. */
async function recordEnd(
  asking: Asking,
  { sent, error }: Extract<Outcome, { kind: "error" }>,
): Promise<void> {
  if (!isRemoteFailure(error)) throw error;
  const { url, model } = asking.model.spec;
  const failed = { url, model, requestDigest: sent.requestDigest, error };
  await recordFailure(asking.recorder, asking.name, failed, madeBy(asking));
  if (error.code === "REMOTE_UNAVAILABLE") throw error;
}

function madeBy({ model, request }: Asking) {
  const { kind, model: name } = model.spec;
  return {
    producer: exactProducer("remote.video", 1, { api: kind, model: name }),
    causes: [request],
  };
}

function isForgottenJob(error: unknown): boolean {
  return (
    isDreamlogError(error) && (error.context["status"] === 404 || error.context["status"] === 410)
  );
}
