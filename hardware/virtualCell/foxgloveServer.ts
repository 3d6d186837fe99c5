import * as v from "valibot";
import type { WebSocket } from "ws";
import { isDreamlogError } from "../../src/core/errors.ts";
import {
  decodeClientMessage,
  decodeText,
  encodeServerMessage,
  foxgloveSubprotocols,
  type FoxgloveChannel,
} from "../link/foxgloveFrames.ts";
import { malformed } from "../link/reconnectingSocket.ts";
import {
  completeDefinition,
  createCdrReader,
  createCdrWriter,
  definitionOf,
} from "../messages/rosDefinitions.ts";
import { listen } from "./listen.ts";
import { parseMessage } from "./parseMessage.ts";
import type { WireServer, WireServerOptions } from "./wireServer.ts";

/** As much of franka_msgs/FrankaRobotState as a virtual arm has to tell. */
const robotState = completeDefinition("std_msgs/Header header\nuint8 robot_mode");

const SubscribeSchema = v.object({
  subscriptions: v.array(v.object({ id: v.number(), channelId: v.number() })),
});
const AdvertiseSchema = v.object({
  channels: v.array(v.object({ id: v.number(), topic: v.string(), schemaName: v.string() })),
});

interface Client {
  /** Subscription by channel. */
  readonly subscriptions: Map<number, number>;
  readonly channels: Map<number, { readonly topic: string; readonly schemaName: string }>;
}

/** As much of the Foxglove websocket protocol as a cell's clients use: topics, both ways. */
export async function startFoxgloveServer(options: WireServerOptions): Promise<WireServer> {
  const { requests, nowUs } = options;
  const channels: FoxgloveChannel[] = options.topics.map(({ topic, rosType }, at) => ({
    id: at + 1,
    topic,
    encoding: "cdr",
    schemaName: rosType,
    schema: definitionOf(rosType) ?? robotState,
    schemaEncoding: "ros2msg",
  }));
  const byTopic = new Map(
    channels.map(({ id, topic, schema }) => [topic, { id, write: createCdrWriter(schema) }]),
  );
  const clients = new Map<WebSocket, Client>();
  const listening = await listen(options.port, {
    handleProtocols: (asked) => foxgloveSubprotocols.find((name) => asked.has(name)) ?? false,
  });

  const hearText = (client: Client, frame: Uint8Array) => {
    const message = decodeText(frame);
    if (message.op === "subscribe") {
      const { subscriptions } = parseMessage("a Foxglove message", SubscribeSchema, message);
      for (const { id, channelId } of subscriptions) client.subscriptions.set(channelId, id);
    } else if (message.op === "advertise") {
      const advertised = parseMessage("a Foxglove message", AdvertiseSchema, message);
      for (const { id, ...channel } of advertised.channels) {
        client.channels.set(id, channel);
      }
    }
  };
  const hearData = (client: Client, frame: Uint8Array) => {
    const { channelId, payload } = decodeClientMessage(frame);
    const channel = client.channels.get(channelId);
    const definition = definitionOf(channel?.schemaName ?? "");
    if (channel === undefined || definition === undefined) {
      throw malformed("a channel that was advertised", `number ${channelId}`);
    }
    requests.onPublish(channel.topic, createCdrReader(definition)(payload));
  };

  listening.server.on("connection", (socket) => {
    const client: Client = { subscriptions: new Map(), channels: new Map() };
    clients.set(socket, client);
    const info = { name: "virtual cell", capabilities: ["clientPublish"], metadata: {} };
    socket.send(JSON.stringify({ op: "serverInfo", ...info, supportedEncodings: ["cdr"] }));
    socket.send(JSON.stringify({ op: "advertise", channels }));
    socket.on("message", (data, isBinary) => {
      try {
        if (isBinary) hearData(client, data as Buffer);
        else hearText(client, data as Buffer);
      } catch (error) {
        if (!isDreamlogError(error)) throw error;
        socket.send(JSON.stringify({ op: "status", level: 2, message: error.message }));
      }
    });
    socket.on("close", () => clients.delete(socket));
    // A close follows; nothing else is to be done.
    socket.on("error", () => undefined);
  });

  return {
    port: listening.port,
    send({ topic }, message) {
      const { id, write } = byTopic.get(topic)!;
      let payload: Uint8Array | null = null;
      let sentCount = 0;
      for (const [socket, { subscriptions }] of clients) {
        const subscriptionId = subscriptions.get(id);
        if (subscriptionId === undefined || socket.readyState !== socket.OPEN) continue;
        payload ??= write(message);
        const timeNs = BigInt(nowUs()) * 1000n;
        socket.send(encodeServerMessage({ subscriptionId, timeNs, payload }));
        sentCount += 1;
      }
      return sentCount;
    },
    disconnectAll() {
      for (const client of listening.server.clients) client.close(1012, "restart");
    },
    close: () => listening.close(),
  };
}
