import { DreamlogError } from "../../src/core/errors.ts";
import type { CellLink, LinkOptions, Topic } from "./cellLink.ts";
import { malformed, ReconnectingSocket } from "./reconnectingSocket.ts";
import { decodeOperation, encodeOperation, type RosbridgeOperation } from "./rosbridgeCodec.ts";

/**
 * ROS 2 through rosbridge (protocol version 2).
 *
 * @param options.encoding - in which the server sends what is subscribed to; commands are small and go
 *   out as JSON, which every rosbridge reads.
 */
export function createRosbridgeLink(
  options: LinkOptions & { readonly encoding: "cbor" | "json" },
): CellLink {
  const { subscriptions, publications, encoding, nowUs, onEvent } = options;
  const subscribed = new Set(subscriptions.map(({ topic }) => topic));
  let goalCount = 0;
  const send = (operation: RosbridgeOperation) => socket.send(encodeOperation(operation, "json"));

  const introduce = () => {
    for (const { topic, rosType } of publications) {
      send({ op: "advertise", topic, type: rosType });
    }
    for (const { topic, rosType } of subscriptions) {
      // The server drops what does not fit its queue without a word, so there is room for all.
      const compression = encoding === "cbor" ? "cbor" : "none";
      send({ op: "subscribe", topic, type: rosType, queue_length: 0, compression });
    }
  };
  const receive = (frame: Buffer, isBinary: boolean) => {
    const receivedUs = nowUs();
    const operation = decodeOperation(frame, isBinary);
    if (operation instanceof DreamlogError) {
      onEvent({ kind: "malformed", topic: null, error: operation });
      return;
    }
    switch (operation.op) {
      case "publish": {
        const { topic, msg: message } = operation;
        if (typeof topic !== "string" || !subscribed.has(topic)) {
          const error = malformed("a topic that was subscribed to", JSON.stringify(topic));
          onEvent({ kind: "malformed", topic: null, error });
        } else {
          onEvent({ kind: "message", topic, message, receivedUs, lengthBytes: frame.length });
        }
        return;
      }
      case "status":
      case "service_response":
      case "action_feedback":
      case "action_result":
        onEvent({ kind: "notice", text: JSON.stringify(operation), receivedUs });
        return;
      default:
        onEvent({
          kind: "malformed",
          topic: null,
          error: malformed("an operation of rosbridge 2", `"${operation.op}"`),
        });
    }
  };

  const socket = new ReconnectingSocket({
    url: options.url,
    protocols: [],
    onOpen: (attempt) => {
      introduce();
      onEvent({ kind: "state", state: "connected", attempt, reason: "" });
    },
    onFrame: receive,
    onDown: (state, attempt, reason) => onEvent({ kind: "state", state, attempt, reason }),
  });

  return {
    get isConnected() {
      return socket.isConnected;
    },
    get bufferedBytes() {
      return socket.bufferedBytes;
    },
    publish: ({ topic }: Topic, message) => send({ op: "publish", topic, msg: message }),
    sendGoal: (action, actionType, goal) =>
      send({
        op: "send_action_goal",
        id: `goal-${++goalCount}`,
        action,
        action_type: actionType,
        args: goal,
        feedback: false,
      }),
    close: () => socket.close(),
  };
}
