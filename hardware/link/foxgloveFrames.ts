import { malformed } from "./reconnectingSocket.ts";

/** Names under which the protocol is asked for; newer bridges offer the second. */
export const foxgloveSubprotocols = ["foxglove.websocket.v1", "foxglove.sdk.v1"] as const;

/** Opcode of message data, in both directions. */
const messageData = 1;
const toClientHeaderBytes = 1 + 4 + 8;
const toServerHeaderBytes = 1 + 4;

/** A topic as a server advertises it. */
export interface FoxgloveChannel {
  readonly id: number;
  readonly topic: string;
  readonly encoding: string;
  readonly schemaName: string;
  readonly schema: string;
  readonly schemaEncoding?: string;
}

/** Message data on its way to a client. */
export interface ServerMessage {
  readonly subscriptionId: number;
  /** By the server's clock. */
  readonly timeNs: bigint;
  readonly payload: Uint8Array;
}

export function encodeServerMessage({
  subscriptionId,
  timeNs,
  payload,
}: ServerMessage): Uint8Array {
  const frame = new Uint8Array(toClientHeaderBytes + payload.length);
  const view = new DataView(frame.buffer);
  view.setUint8(0, messageData);
  view.setUint32(1, subscriptionId, true);
  view.setBigUint64(5, timeNs, true);
  frame.set(payload, toClientHeaderBytes);
  return frame;
}

/**
 * @returns null for other kinds of binary messages, such as the server's time.
 * @throws {DreamlogError} `MESSAGE_INVALID` for one that is too short to be any.
 */
export function decodeServerMessage(frame: Uint8Array): ServerMessage | null {
  if (frame.length === 0) throw malformed("a Foxglove message", "an empty frame");
  if (frame[0] !== messageData) return null;
  if (frame.length < toClientHeaderBytes) {
    throw malformed(`${toClientHeaderBytes} bytes or more`, `${frame.length}`);
  }
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  return {
    subscriptionId: view.getUint32(1, true),
    timeNs: view.getBigUint64(5, true),
    payload: frame.subarray(toClientHeaderBytes),
  };
}

/** Message data on its way to a server. */
export function encodeClientMessage(channelId: number, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(toServerHeaderBytes + payload.length);
  const view = new DataView(frame.buffer);
  view.setUint8(0, messageData);
  view.setUint32(1, channelId, true);
  frame.set(payload, toServerHeaderBytes);
  return frame;
}

/** @throws {DreamlogError} `MESSAGE_INVALID`. */
export function decodeClientMessage(frame: Uint8Array): {
  readonly channelId: number;
  readonly payload: Uint8Array;
} {
  if (frame.length < toServerHeaderBytes || frame[0] !== messageData) {
    throw malformed("message data of a client", `${frame.length} other bytes`);
  }
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  return { channelId: view.getUint32(1, true), payload: frame.subarray(toServerHeaderBytes) };
}

/**
 * Reads a text frame: JSON with an `op`.
 *
 * @throws {DreamlogError} `MESSAGE_INVALID`.
 */
export function decodeText(frame: Uint8Array): Readonly<Record<string, unknown>> & {
  readonly op: string;
} {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(frame));
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    throw malformed("a Foxglove message in JSON", found, cause);
  }
  const isMessage =
    value !== null && typeof value === "object" && "op" in value && typeof value.op === "string";
  if (!isMessage) throw malformed("a Foxglove message", `${frame.length} bytes without "op"`);
  return value as Readonly<Record<string, unknown>> & { readonly op: string };
}
