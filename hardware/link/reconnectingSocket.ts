import { WebSocket, type RawData } from "ws";
import { DreamlogError } from "../../src/core/errors.ts";

/** A frame larger than this is taken for an attack or a mistake: the connection is ended and renewed. */
const maxFrameBytes = 64 * 1024 * 1024;
const firstRetryMs = 100;
const longestRetryMs = 5000;
/** A peer from which nothing came for so long, no answer to a ping either, is gone, whatever the socket says. */
const heartbeatMs = 2000;
const closeTimeoutMs = 500;

/** @returns how long to wait before the given try (1 is the first), doubling up to five seconds. */
export function retryDelayMs(attempt: number): number {
  return Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(20, attempt - 1));
}

export interface ReconnectingSocketOptions {
  readonly url: string;
  readonly protocols: readonly string[];
  readonly onOpen: (attempt: number) => void;
  readonly onFrame: (data: Buffer, isBinary: boolean) => void;
  /** The connection ended (`lost`), or a try to make one did not succeed (`failed`). */
  readonly onDown: (state: "lost" | "failed", attempt: number, reason: string) => void;
}

/** A websocket that is opened again, after longer and longer pauses, until it is closed. */
export class ReconnectingSocket {
  readonly #options: ReconnectingSocketOptions;
  #socket: WebSocket | null = null;
  #attempt = 0;
  #retry: NodeJS.Timeout | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: ReconnectingSocketOptions) {
    this.#options = options;
    this.#open();
  }

  get isConnected(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  get bufferedBytes(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  /** @returns false when there is no connection. */
  send(data: string | Uint8Array): boolean {
    if (!this.isConnected) return false;
    this.#socket!.send(data);
    return true;
  }

  /** Resolves when the connection has ended; nothing is called back afterwards. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    clearInterval(this.#heartbeat);
    const socket = this.#socket;
    if (socket === null || socket.readyState === WebSocket.CLOSED) return;
    await new Promise<void>((resolve) => {
      const deadline = setTimeout(() => socket.terminate(), closeTimeoutMs);
      socket.once("close", () => {
        clearTimeout(deadline);
        resolve();
      });
      socket.close();
    });
  }

  #open(): void {
    this.#attempt += 1;
    const attempt = this.#attempt;
    const socket = new WebSocket(this.#options.url, [...this.#options.protocols], {
      maxPayload: maxFrameBytes,
      perMessageDeflate: false,
      handshakeTimeout: longestRetryMs,
    });
    this.#socket = socket;
    let wasOpen = false;
    let reason = "the other side ended it";
    socket.on("open", () => {
      if (this.#isClosed) return;
      wasOpen = true;
      this.#attempt = 0;
      this.#watch(socket, () => (reason = `nothing came for ${heartbeatMs} ms`));
      this.#options.onOpen(attempt);
    });
    socket.on("message", (data: RawData, isBinary: boolean) => {
      // With the default binary type every frame is one buffer.
      if (!this.#isClosed) this.#options.onFrame(data as Buffer, isBinary);
    });
    // An error is always followed by a close.
    socket.on("error", (error) => (reason = error.message));
    socket.on("close", () => {
      clearInterval(this.#heartbeat);
      if (this.#isClosed) return;
      this.#options.onDown(wasOpen ? "lost" : "failed", attempt, reason);
      this.#retry = setTimeout(() => this.#open(), retryDelayMs(this.#attempt + 1));
    });
  }

  /** @param onGone - called before the connection to a peer that shows no sign of life is ended. */
  #watch(socket: WebSocket, onGone: () => void): void {
    let isAlive = true;
    const noteLife = () => (isAlive = true);
    socket.on("pong", noteLife);
    // A busy peer's answer to a ping may wait behind the messages that it sends.
    socket.on("message", noteLife);
    const check = () => {
      if (this.#socket !== socket || socket.readyState !== WebSocket.OPEN) return;
      if (!isAlive) {
        onGone();
        socket.terminate();
        return;
      }
      isAlive = false;
      socket.ping();
    };
    // After what has arrived is read: where this program itself was busy, it lies there unread.
    this.#heartbeat = setInterval(() => setImmediate(check), heartbeatMs);
  }
}

/** An error for bytes that do not say what they should. */
export function malformed(expected: string, found: string, cause?: unknown): DreamlogError {
  return new DreamlogError(
    "MESSAGE_INVALID",
    `expected ${expected}, found ${found}; see that the cell file's link names the right server`,
    { expected, found },
    cause,
  );
}
