import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocketServer, type ServerOptions } from "ws";
import { DreamlogError } from "../../src/core/errors.ts";

/** A websocket server on this machine's own address that listens already. */
export interface Listening {
  readonly server: WebSocketServer;
  readonly port: number;
  close(): Promise<void>;
}

/**
 * @param port - 0 takes a free one.
 * @throws {DreamlogError} `LINK_FAILED` when the port is taken.
 */
export async function listen(port: number, options: ServerOptions = {}): Promise<Listening> {
  const server = new WebSocketServer({
    host: "127.0.0.1",
    port,
    perMessageDeflate: false,
    ...options,
  });
  try {
    await once(server, "listening");
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    throw new DreamlogError(
      "LINK_FAILED",
      `expected port ${port} to be free, found: ${found}; name another with --port`,
      { port },
      cause,
    );
  }
  return {
    server,
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const client of server.clients) client.terminate();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
