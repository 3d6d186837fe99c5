import { digestBytes, type Digest } from "../../core/digest.ts";
import type { StoredEvent } from "../../events/envelope.ts";
import type { PayloadOf } from "../../events/eventDefinition.ts";
import { remoteAnswered, remoteRequestComposed, remoteRequestFailed } from "../../events/remote.ts";
import type { BlobStore } from "../../ports/blobStore.ts";
import type { EventLog } from "../../ports/eventLog.ts";
import { chatBody, type ChatPicture } from "../../remote/chat.ts";
import { isA } from "../derivations/rule.ts";

/** Where request and answer part, as a divergence tells it. */
interface Mismatch {
  readonly field: string;
  readonly expected: string;
  readonly found: string;
}

/**
 * Holds what was asked against what was answered. A request is derived, so replay has made it anew from
 * its causes; here the body that this request comes to must have the digest that its answer was
 * recorded under, and a request of a session that ended must have an answer or a failure. An answer
 * whose request is no event was recorded before requests were: nothing is known of it.
 */
export function createExchangeCheck(source: {
  readonly log: Pick<EventLog, "effectsOf" | "session">;
  readonly blobs: Pick<BlobStore, "get">;
}): (event: StoredEvent, causes: readonly StoredEvent[]) => Promise<Mismatch | null> {
  return async (event, causes) => {
    if (isA(event, remoteRequestComposed)) return missingAnswer(source.log, event);
    if (!isA(event, remoteAnswered) && !isA(event, remoteRequestFailed)) return null;
    const request = causes.find((cause) => isA(cause, remoteRequestComposed));
    if (request === undefined) return null;
    const { requestDigest: expected } = event.payload;
    const found = await chatRequestDigest(source.blobs, request);
    return found === expected ? null : { field: "requestDigest", expected, found };
  };
}

async function missingAnswer(
  log: Pick<EventLog, "effectsOf" | "session">,
  request: StoredEvent,
): Promise<Mismatch | null> {
  const effects = await log.effectsOf(request.position);
  if (effects.some(({ kind }) => kind === "effect")) return null;
  // In a session that was cut short the answer may still come.
  if ((await log.session(request.session))?.isClosed !== true) return null;
  const expected = "an answer to this request, or its failure, in the log";
  return { field: "(answer)", expected, found: "none; nobody is asked in a replay" };
}

async function chatRequestDigest(
  blobs: Pick<BlobStore, "get">,
  { payload }: StoredEvent<PayloadOf<typeof remoteRequestComposed>>,
): Promise<Digest> {
  const pictures: ChatPicture[] = [];
  for (const { blob } of payload.pictures) {
    pictures.push({ mediaType: blob.mediaType, bytes: await blobs.get(blob.digest) });
  }
  return digestBytes(chatBody(payload.body, pictures));
}
