/** Stable identifiers of expected failures. Add, never rename: scripts and logs depend on them. */
export type ErrorCode =
  | "ARGUMENT_INVALID"
  | "ACTION_REFUSED"
  | "ANSWER_INVALID"
  | "BLOB_CORRUPT"
  | "BLOB_MISSING"
  | "BLOB_PRUNED"
  | "CANDIDATES_EXHAUSTED"
  | "CELL_FILE_INVALID"
  | "CHAIN_BROKEN"
  | "CHECKPOINT_INVALID"
  | "DATASET_INVALID"
  | "DISK_FULL"
  | "EVENT_CONFLICT"
  | "EVENT_INVALID"
  | "EVENT_TYPE_UNKNOWN"
  | "EVENT_VERSION_UNKNOWN"
  | "FFMPEG_FAILED"
  | "FFMPEG_MISSING"
  | "GOAL_REACHED_ALREADY"
  | "IMAGE_INVALID"
  | "INSTALL_INCOMPLETE"
  | "INTERRUPTED"
  | "LINK_FAILED"
  | "LOG_BUSY"
  | "LOG_CORRUPT"
  | "LOG_FOREIGN"
  | "LOG_MISSING"
  | "LOG_READONLY"
  | "LOG_TOO_NEW"
  | "MASK_EMPTY"
  | "MESSAGE_INVALID"
  | "MODEL_FAILED"
  | "RECORDING_INVALID"
  | "NO_OBSERVATION"
  | "REMOTE_REFUSED"
  | "REMOTE_UNAVAILABLE"
  | "SEQ_CONFLICT"
  | "SESSION_CLOSED"
  | "SESSION_UNKNOWN"
  | "STAGE_INCOMPLETE"
  | "STATE_UNREACHABLE"
  | "STREAM_OVERFLOW"
  | "VIDEO_INVALID";

/**
 * An expected failure. `message` states what was expected, what was found, where, and the remedy;
 * `context` holds the same facts for programs. A broken invariant is not one of these: see `invariant`.
 */
export class DreamlogError extends Error {
  override readonly name: string = "DreamlogError";
  readonly code: ErrorCode;
  readonly context: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    context: Readonly<Record<string, unknown>> = {},
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.context = context;
  }
}

export function isDreamlogError(error: unknown, code?: ErrorCode): error is DreamlogError {
  return error instanceof DreamlogError && (code === undefined || error.code === code);
}

/** Crashes on a state this program can reach only by its own fault. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${message}`);
}
