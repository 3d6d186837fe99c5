import type { DreamlogError } from "../../src/core/errors.ts";

/** A topic with the ROS 2 name of its type. */
export interface Topic {
  readonly topic: string;
  readonly rosType: string;
}

/** What a connection to a cell tells its holder. */
export type LinkEvent =
  | {
      readonly kind: "message";
      readonly topic: string;
      /** As JSON, CBOR or CDR gives it. */
      readonly message: unknown;
      /** By this machine's clock, taken when the bytes came, before anything was decoded. */
      readonly receivedUs: number;
      readonly lengthBytes: number;
    }
  | { readonly kind: "malformed"; readonly topic: string | null; readonly error: DreamlogError }
  | { readonly kind: "notice"; readonly text: string; readonly receivedUs: number }
  | {
      readonly kind: "state";
      readonly state: "connected" | "lost" | "failed";
      readonly attempt: number;
      readonly reason: string;
    };

/** A connection that comes back by itself; subscriptions are renewed whenever it does. */
export interface CellLink {
  readonly isConnected: boolean;
  /** Bytes handed over that the network has not taken yet. */
  readonly bufferedBytes: number;
  /** @returns false when there is no connection to send it by. */
  publish(topic: Topic, message: object): boolean;
  /** @returns false when there is no connection to send it by. */
  sendGoal(action: string, actionType: string, goal: object): boolean;
  close(): Promise<void>;
}

export interface LinkOptions {
  readonly url: string;
  readonly subscriptions: readonly Topic[];
  /** Announced before anything is published on them. */
  readonly publications: readonly Topic[];
  readonly nowUs: () => number;
  readonly onEvent: (event: LinkEvent) => void;
}
