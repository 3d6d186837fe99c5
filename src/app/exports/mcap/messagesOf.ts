import type { StoredEvent } from "../../../events/envelope.ts";
import { canonicalJson } from "../../../events/envelope.ts";
import {
  alignmentMissed,
  framesSkipped,
  gapFound,
  messageRejected,
  messagesLate,
} from "../../../events/hardware.ts";
import { streamDropped } from "../../../events/stream.ts";
import { videoInterrupted } from "../../../events/video.ts";
import type { McapMessage } from "../../../exchange/mcap/mcapFile.ts";
import type { BlobStore } from "../../../ports/blobStore.ts";
import type { Content, Sample } from "./content.ts";
import { liveContents, liveSamples, receiveTimeUs } from "./liveContents.ts";
import { motionSamples, sceneContents } from "./sceneContents.ts";
import { createSegmentReader } from "./segmentReader.ts";

/** Foxglove's levels of a log line. */
const level = { info: 2, warning: 3 } as const;
/** Something is not there, or not as it should be; small payloads that say all of it. */
const warnings: ReadonlySet<string> = new Set(
  [
    alignmentMissed,
    framesSkipped,
    gapFound,
    messageRejected,
    messagesLate,
    streamDropped,
    videoInterrupted,
  ].map(({ type }) => type),
);

interface Moment {
  readonly event: StoredEvent;
  readonly logTimeUs: number;
  /** Null for the event itself. */
  readonly sample: Sample | null;
}

/**
 * A session's messages in order of the time they were logged: what each event shows, at the moments it
 * tells of, and a line for the event itself. A live cell's messages were logged when they were received.
 */
export async function* messagesOf(
  blobs: BlobStore,
  events: readonly StoredEvent[],
): AsyncIterable<McapMessage> {
  const segments = createSegmentReader(blobs);
  const moments = events.flatMap((event): Moment[] => [
    { event, logTimeUs: receiveTimeUs(event) ?? event.sourceTimeUs, sample: null },
    ...[...motionSamples(event), ...liveSamples(segments, event)].map((sample) => ({
      ...{ event, sample },
      logTimeUs: sample.logTimeUs,
    })),
  ]);
  moments.sort((a, b) => a.logTimeUs - b.logTimeUs || a.event.position - b.event.position);
  for (const { event, logTimeUs, sample } of moments) {
    if (sample !== null) {
      yield { ...(await sample.content()), timeUs: sample.timeUs, logTimeUs };
      continue;
    }
    const shown = [...(await sceneContents(blobs, event)), ...(await liveContents(blobs, event))];
    for (const content of [...shown, logLine(event)]) {
      yield { ...content, timeUs: event.sourceTimeUs, logTimeUs };
    }
  }
}

function logLine(event: StoredEvent): Content {
  const isWarning = warnings.has(event.type);
  const what = `${event.kind} ${event.id}, position ${event.position}, content ${event.contentDigest}`;
  const content = {
    level: isWarning ? level.warning : level.info,
    message: isWarning ? `${canonicalJson(event.payload)}; ${what}` : what,
    name: event.type,
    file: event.session,
    line: event.seq,
  };
  return { topic: "/events", schema: "foxglove.Log", content };
}
