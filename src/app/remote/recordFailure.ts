import type { Digest } from "../../core/digest.ts";
import { isDreamlogError, type DreamlogError } from "../../core/errors.ts";
import type { Producer, StoredEvent } from "../../events/envelope.ts";
import { remoteRequestFailed } from "../../events/remote.ts";
import type { SessionRecorder } from "../sessionRecorder.ts";

/** What a service may fail of without anything being wrong with the log or the program. */
export function isRemoteFailure(error: unknown): error is DreamlogError {
  return isDreamlogError(error, "REMOTE_REFUSED") || isDreamlogError(error, "REMOTE_UNAVAILABLE");
}

/**
 * Tells of a request that got no answer to use. It may fail again in a later run of its stage; each
 * failure is an event of its own.
 *
 * @param name - of what was asked for, in its session.
 */
export async function recordFailure(
  recorder: SessionRecorder,
  name: string,
  failed: {
    readonly url: string;
    readonly model: string;
    readonly requestDigest: Digest;
    readonly error: DreamlogError;
  },
  made: { readonly producer: Producer; readonly causes: readonly StoredEvent[] },
): Promise<void> {
  const { error, ...asked } = failed;
  const attempts = Number(error.context["attempts"] ?? 1);
  const payload = { ...asked, code: error.code, reason: error.message, attempts };
  const free = await freeName(recorder, `${name}/failed`);
  await recorder.fact(free, remoteRequestFailed, payload, made);
}

async function freeName(recorder: SessionRecorder, prefix: string): Promise<string> {
  for (let count = 0; ; count++) {
    const name = `${prefix}/${count}`;
    if ((await recorder.log.findById(`${recorder.session}#${name}`)) === undefined) return name;
  }
}
