import type { WebSocket } from "ws";
import { DreamlogError, isDreamlogError } from "../../src/core/errors.ts";
import {
  decodeOperation,
  encodeOperation,
  type RosbridgeOperation,
} from "../link/rosbridgeCodec.ts";
import { listen } from "./listen.ts";
import type { WireServer, WireServerOptions } from "./wireServer.ts";

type Encoding = "cbor" | "json";

/** As much of rosbridge 2 as a cell's clients use: topics, and actions as goals with one result. */
export async function startRosbridgeServer(options: WireServerOptions): Promise<WireServer> {
  const { requests, topics } = options;
  const known = new Set(topics.map(({ topic }) => topic));
  const subscriptions = new Map<WebSocket, Map<string, Encoding>>();
  const listening = await listen(options.port);
  const { server, port } = listening;

  const answer = (client: WebSocket, operation: RosbridgeOperation) => {
    if (client.readyState === client.OPEN) client.send(JSON.stringify(operation));
  };
  const complain = (client: WebSocket, msg: string) =>
    answer(client, { op: "status", level: "error", msg });

  const publish = (topic: string, message: unknown): number => {
    const encoded: Partial<Record<Encoding, string | Uint8Array>> = {};
    let sentCount = 0;
    for (const [client, wanted] of subscriptions) {
      const encoding = wanted.get(topic);
      if (encoding === undefined || client.readyState !== client.OPEN) continue;
      const msg = encoding === "json" ? withBase64(message) : message;
      encoded[encoding] ??= encodeOperation({ op: "publish", topic, msg }, encoding);
      client.send(encoded[encoding]);
      sentCount += 1;
    }
    return sentCount;
  };
  const handle = (client: WebSocket, operation: RosbridgeOperation) => {
    const { op, topic } = operation;
    switch (op) {
      case "subscribe":
        if (typeof topic !== "string" || !known.has(topic)) {
          complain(client, `no such topic: ${String(topic)}`);
          return;
        }
        subscriptions
          .get(client)!
          .set(topic, operation["compression"] === "cbor" ? "cbor" : "json");
        return;
      case "unsubscribe":
        subscriptions.get(client)!.delete(String(topic));
        return;
      case "publish":
        requests.onPublish(String(topic), operation["msg"]);
        // What one client publishes, those hear that subscribed to it.
        if (typeof topic === "string") publish(topic, operation["msg"]);
        return;
      case "send_action_goal": {
        const { id, action } = operation;
        requests.onGoal(String(action), operation["args"], (isDone) =>
          answer(client, {
            op: "action_result",
            id,
            action,
            values: { success: isDone, error: "" },
            // action_msgs/GoalStatus: succeeded or aborted.
            status: isDone ? 4 : 6,
            result: true,
          }),
        );
        return;
      }
      case "advertise":
      case "unadvertise":
        return;
      default:
        complain(client, `unknown operation: ${op}`);
    }
  };

  server.on("connection", (client) => {
    subscriptions.set(client, new Map());
    client.on("message", (data, isBinary) => {
      const operation = decodeOperation(data as Buffer, isBinary);
      if (operation instanceof DreamlogError) {
        complain(client, operation.message);
        return;
      }
      try {
        handle(client, operation);
      } catch (error) {
        if (!isDreamlogError(error)) throw error;
        complain(client, error.message);
      }
    });
    client.on("close", () => subscriptions.delete(client));
    // A close follows; nothing else is to be done.
    client.on("error", () => undefined);
  });

  return {
    port,
    send: ({ topic }, message) => publish(topic, message),
    disconnectAll() {
      for (const client of server.clients) client.close(1012, "restart");
    },
    close: () => listening.close(),
  };
}

/** In JSON, bytes travel as base64 and other typed arrays as lists. */
function withBase64(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (ArrayBuffer.isView(value)) return Array.from(value as Float64Array);
  if (Array.isArray(value)) return value.map(withBase64);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withBase64(inner)]));
}
