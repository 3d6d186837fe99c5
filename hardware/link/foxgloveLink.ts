import * as v from "valibot";
import { isDreamlogError, type DreamlogError } from "../../src/core/errors.ts";
import { createCdrWriter, definitionOf } from "../messages/rosDefinitions.ts";
import { decoderOf } from "../recordings/recordedMessage.ts";
import type { CellLink, LinkOptions } from "./cellLink.ts";
import {
  decodeServerMessage,
  decodeText,
  encodeClientMessage,
  foxgloveSubprotocols,
} from "./foxgloveFrames.ts";
import { malformed, ReconnectingSocket } from "./reconnectingSocket.ts";

const AdvertiseSchema = v.object({
  channels: v.array(
    v.object({
      id: v.number(),
      topic: v.string(),
      encoding: v.string(),
      schemaName: v.string(),
      schema: v.string(),
      schemaEncoding: v.optional(v.string(), "ros2msg"),
    }),
  ),
});

interface Subscription {
  readonly topic: string;
  readonly decode: (bytes: Uint8Array) => unknown;
}

/**
 * ROS 2 through the Foxglove websocket protocol: messages stay CDR until they are here, which spares
 * the robot's side most of the work. The protocol has no actions, so it moves no fingers.
 */
export function createFoxgloveLink(options: LinkOptions): CellLink {
  const { subscriptions, publications, nowUs, onEvent } = options;
  const wanted = new Set(subscriptions.map(({ topic }) => topic));
  const heard = new Map<number, Subscription>();
  const channelIds = new Map(publications.map(({ topic }, at) => [topic, at + 1] as const));
  const writers = new Map(
    publications.map(({ topic, rosType }) => [topic, writerOf(rosType)] as const),
  );
  let subscriptionCount = 0;

  const refuse = (error: DreamlogError, topic: string | null = null) =>
    onEvent({ kind: "malformed", topic, error });
  const introduce = () => {
    heard.clear();
    const channels = publications.map(({ topic, rosType: schemaName }) => ({
      id: channelIds.get(topic)!,
      topic,
      encoding: "cdr",
      schemaName,
    }));
    socket.send(JSON.stringify({ op: "advertise", channels }));
  };
  const subscribe = (message: unknown) => {
    const result = v.safeParse(AdvertiseSchema, message);
    if (!result.success) throw malformed("channels", result.issues[0].message);
    const asked = [];
    for (const channel of result.output.channels) {
      const { id, topic, encoding, schemaName: rosType, schema: definition } = channel;
      if (!wanted.has(topic)) continue;
      const { schemaEncoding } = channel;
      const decode = decoderOf({ rosType, encoding, definition, schemaEncoding });
      subscriptionCount += 1;
      heard.set(subscriptionCount, { topic, decode });
      asked.push({ id: subscriptionCount, channelId: id });
    }
    socket.send(JSON.stringify({ op: "subscribe", subscriptions: asked }));
  };
  const hearText = (frame: Buffer, receivedUs: number) => {
    const message = decodeText(frame);
    if (message.op === "advertise") subscribe(message);
    else onEvent({ kind: "notice", text: JSON.stringify(message), receivedUs });
  };
  const hearData = (frame: Buffer, receivedUs: number) => {
    const data = decodeServerMessage(frame);
    if (data === null) return;
    const subscription = heard.get(data.subscriptionId);
    if (subscription === undefined) {
      throw malformed("a subscription of ours", `number ${data.subscriptionId}`);
    }
    const { topic, decode } = subscription;
    try {
      const message = decode(data.payload);
      onEvent({ kind: "message", topic, message, receivedUs, lengthBytes: frame.length });
    } catch (error) {
      if (!isDreamlogError(error)) throw error;
      refuse(error, topic);
    }
  };

  const socket = new ReconnectingSocket({
    url: options.url,
    protocols: foxgloveSubprotocols,
    onOpen: (attempt) => {
      introduce();
      onEvent({ kind: "state", state: "connected", attempt, reason: "" });
    },
    onFrame: (frame, isBinary) => {
      try {
        if (isBinary) hearData(frame, nowUs());
        else hearText(frame, nowUs());
      } catch (error) {
        if (!isDreamlogError(error)) throw error;
        refuse(error);
      }
    },
    onDown: (state, attempt, reason) => onEvent({ kind: "state", state, attempt, reason }),
  });

  return {
    get isConnected() {
      return socket.isConnected;
    },
    get bufferedBytes() {
      return socket.bufferedBytes;
    },
    publish({ topic }, message) {
      const payload = writers.get(topic)!(message);
      return socket.send(encodeClientMessage(channelIds.get(topic)!, payload));
    },
    sendGoal: () => false,
    close: () => socket.close(),
  };
}

/** @throws {DreamlogError} `MESSAGE_INVALID` for a type that is not among the common ones. */
function writerOf(rosType: string): (message: unknown) => Uint8Array {
  const definition = definitionOf(rosType);
  if (definition === undefined) throw malformed("a common ROS 2 type", rosType);
  return createCdrWriter(definition);
}
