import type { CellFile } from "../../../hardware/cellFile/parseCellFile.ts";
import { CellIntake, type StreamTally } from "../../../hardware/intake/cellIntake.ts";
import { streamsOf, type CellStream } from "../../../hardware/intake/cellStreams.ts";
import { readRecording } from "../../../hardware/recordings/readRecording.ts";
import type {
  RecordedMessage,
  RecordingEnd,
} from "../../../hardware/recordings/recordedMessage.ts";
import { openLogWriter, type LogWriter } from "../../../store/logWriter.ts";
import { ManualClock } from "../../core/clock.ts";
import { DreamlogError, isDreamlogError } from "../../core/errors.ts";
import { sessionClosed } from "../../events/session.ts";
import { driverProducer } from "../producers.ts";
import { startSession } from "../sessionLifecycle.ts";
import { SessionRecorder } from "../sessionRecorder.ts";
import { createLogSink } from "./logSink.ts";
import { VideoIntake } from "./videoIntake.ts";

/** So many messages may be on their way into the log. */
const messagesPerRest = 256;

export interface ImportedRecording {
  readonly session: string;
  readonly messages: number;
  /** Kept as bytes, for nothing here reads their encoding. */
  readonly rawMessages: number;
  readonly rejected: number;
  readonly streams: readonly StreamTally[];
  /** What is wrong with the file from where its messages end; null for a whole one. */
  readonly damage: string | null;
}

interface ImportRequest {
  readonly path: string;
  readonly logPath: string;
  readonly session: string;
  /** Says which topics are which arm's and camera's; without it streams are named by their topics. */
  readonly cell: CellFile | null;
  readonly signal: AbortSignal;
  readonly onProgress: (messageCount: number) => void;
}

/**
 * Makes a session of a recording that others made, with its times: the messages' stamps as source
 * times, the recorder's receive times as log times. Equal files give equal sessions.
 *
 * @throws {DreamlogError} `RECORDING_INVALID`; `SESSION_CLOSED` for a session that is there; `INTERRUPTED`.
 */
export async function importRecording(request: ImportRequest): Promise<ImportedRecording> {
  const messages = readRecording(request.path);
  // Read before the log is touched: a file that is no recording leaves nothing behind.
  const first = await messages.next();
  const clock = new ManualClock(first.done === true ? 0 : first.value.receivedUs);
  const writer = await openLogWriter({ path: request.logPath, clock });
  try {
    return await importInto(request, writer, clock, first, messages);
  } finally {
    await writer.close();
  }
}

async function importInto(
  request: ImportRequest,
  writer: LogWriter,
  clock: ManualClock,
  first: IteratorResult<RecordedMessage, RecordingEnd>,
  messages: AsyncGenerator<RecordedMessage, RecordingEnd>,
): Promise<ImportedRecording> {
  const { session, cell, signal, onProgress } = request;
  const { log, blobs } = writer;
  const recorder = new SessionRecorder({ log, blobs, session, clock });
  await startSession(recorder, {
    purpose: "imported",
    task: null,
    seed: session,
    settings: { cell: cell?.description.name ?? null },
  });
  let failure: Error | null = null;
  const sink = createLogSink(writer, session, "block", (error) => (failure ??= error));
  const streams = cell === null ? [] : [...streamsOf(cell.description)];
  const known = new Set(streams.map(({ topic }) => topic));
  const intake = new CellIntake({ streams, sink, onReading: () => undefined });
  const video = new VideoIntake(sink, intake);
  let messageCount = 0;
  let rawCount = 0;
  let next = first;
  for (; next.done !== true; next = await messages.next()) {
    const message = next.value;
    recorder.advanceToUs(message.receivedUs);
    if (!known.has(message.topic)) {
      known.add(message.topic);
      intake.watch(streamOfTopic(message));
    }
    if (!(await take(intake, video, message))) rawCount += 1;
    messageCount += 1;
    // What is kept as a blob is an event once its bytes are stored: the next message must not overtake it.
    await intake.whenStored();
    if (messageCount % messagesPerRest > 0) continue;
    await sink.whenTaken();
    onProgress(messageCount);
    if (signal.aborted) throw new DreamlogError("INTERRUPTED", "the import was cut short");
  }
  const { damage } = next.value;
  await video.finish();
  await intake.finish(recorder.nowUs());
  await sink.flush();
  // Set by the log's answers meanwhile, which the type checker does not see.
  const failed = failure as Error | null;
  if (failed !== null) throw failed;
  const note = damage === null ? "" : `the recording is damaged: ${damage}`;
  const closing = { reason: "completed", note } as const;
  await recorder.fact("closed", sessionClosed, closing, { producer: driverProducer });
  return {
    session,
    messages: messageCount,
    rawMessages: rawCount + video.keptCount,
    rejected: intake.rejectedCount,
    streams: intake.tallies(),
    damage,
  };
}

/** @returns whether the message could be read; one that could not is kept as bytes. */
async function take(
  intake: CellIntake,
  video: VideoIntake,
  recorded: RecordedMessage,
): Promise<boolean> {
  const isRead = await read(intake, video, recorded);
  if (!isRead) intake.keepRaw(recorded);
  return isRead;
}

async function read(
  intake: CellIntake,
  video: VideoIntake,
  recorded: RecordedMessage,
): Promise<boolean> {
  const { topic, receivedUs, bytes } = recorded;
  try {
    if (VideoIntake.isVideo(recorded)) return await video.take(recorded);
    const message = recorded.decode();
    const rejectedBefore = intake.rejectedCount;
    intake.accept(
      { kind: "message", topic, message, receivedUs, lengthBytes: bytes.length },
      receivedUs,
    );
    return intake.rejectedCount === rejectedBefore;
  } catch (error) {
    if (!isDreamlogError(error, "MESSAGE_INVALID")) throw error;
    return false;
  }
}

function streamOfTopic({ topic, rosType }: RecordedMessage): CellStream {
  const expectation = { rosType, frame: null, jointNames: null };
  const name = topic.replace(/^\//, "");
  return { name, topic, expectation, rateHz: null, arm: null, camera: null, isLeading: false };
}
