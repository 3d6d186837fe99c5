import { digestBytes, type Digest } from "../../core/digest.ts";
import type { StoredEvent } from "../../events/envelope.ts";
import type { BlobRef } from "../../events/media.ts";
import {
  remoteAnswered,
  remoteJobAccepted,
  remoteRequestComposed,
  remoteRequestFailed,
  remoteVideoAnswered,
} from "../../events/remote.ts";
import { sessionClosed } from "../../events/session.ts";
import type { BlobStore } from "../../ports/blobStore.ts";
import type { EventLog } from "../../ports/eventLog.ts";
import { chatBody } from "../../remote/chat.ts";
import { videoRequestBody, type SentFile } from "../../remote/videoRequest.ts";
import { isA } from "../derivations/rule.ts";
import type { RequestEvent } from "./askModel.ts";
import { endedUnanswered } from "./unanswered.ts";

/** Where request and answer part, as a divergence tells it. */
interface Mismatch {
  readonly field: string;
  readonly expected: string;
  readonly found: string;
}

/**
 * Holds what was asked against what was answered. A request is derived, so replay has made it anew from
 * its causes; here the body that this request comes to must have the digest that its answer was
 * recorded under, and a request of a session that ended must have an answer or a failure, unless the
 * session ended because a service did not answer. An answer whose request is no event was recorded before requests were: nothing is known of it.
 */
export function createExchangeCheck(source: {
  readonly log: Pick<EventLog, "effectsOf" | "session" | "read">;
  readonly blobs: Pick<BlobStore, "get">;
}): (event: StoredEvent, causes: readonly StoredEvent[]) => Promise<Mismatch | null> {
  return async (event, causes) => {
    if (isA(event, remoteRequestComposed)) return missingAnswer(source.log, event);
    const request = causes.find((cause) => isA(cause, remoteRequestComposed));
    if (request === undefined) return null;
    if (isA(event, remoteVideoAnswered) || isA(event, remoteJobAccepted)) {
      const found = await videoRequestDigest(source.blobs, request, event.payload.sent);
      return mismatchOf(event.payload.requestDigest, found);
    }
    // What was sent of a video's request is told by the job or the answer, not by a failure.
    const isChat = isA(event, remoteAnswered) || isA(event, remoteRequestFailed);
    if (!isChat || event.producer.component !== "remote.chat") return null;
    return mismatchOf(event.payload.requestDigest, await chatRequestDigest(source.blobs, request));
  };
}

function mismatchOf(expected: Digest, found: Digest): Mismatch | null {
  return found === expected ? null : { field: "requestDigest", expected, found };
}

async function missingAnswer(
  log: Pick<EventLog, "effectsOf" | "session" | "read">,
  request: StoredEvent,
): Promise<Mismatch | null> {
  const effects = await log.effectsOf(request.position);
  if (effects.some(({ kind }) => kind === "effect")) return null;
  // In a session that was cut short the answer may still come.
  const { session } = request;
  if ((await log.session(session))?.isClosed !== true) return null;
  const [closed] = await log.read({ session, types: [sessionClosed.type], limit: 1 });
  if (closed !== undefined && isA(closed, sessionClosed) && endedUnanswered(closed.payload)) return null; // prettier-ignore
  const expected = "an answer to this request, or its failure, in the log";
  return { field: "(answer)", expected, found: "none; nobody is asked in a replay" };
}

async function videoRequestDigest(
  blobs: Pick<BlobStore, "get">,
  { payload }: RequestEvent,
  sent: readonly BlobRef[],
): Promise<Digest> {
  return digestBytes(videoRequestBody(payload.body, await filesOf(blobs, sent)).bytes);
}

async function chatRequestDigest(
  blobs: Pick<BlobStore, "get">,
  { payload }: RequestEvent,
): Promise<Digest> {
  const pictures = payload.pictures.map(({ blob }) => blob);
  return digestBytes(chatBody(payload.body, await filesOf(blobs, pictures)));
}

async function filesOf(
  blobs: Pick<BlobStore, "get">,
  refs: readonly BlobRef[],
): Promise<readonly SentFile[]> {
  const files: SentFile[] = [];
  for (const { mediaType, digest } of refs)
    files.push({ mediaType, bytes: await blobs.get(digest) });
  return files;
}
