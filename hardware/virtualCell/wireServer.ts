/** A topic that a virtual cell publishes. */
export interface ServedTopic {
  readonly topic: string;
  readonly rosType: string;
}

/** What clients ask of a virtual cell, whatever they speak. */
export interface ClientRequests {
  onPublish(topic: string, message: unknown): void;
  /** @param answer - to be called once, when the action has ended. */
  onGoal(action: string, goal: unknown, answer: (isDone: boolean) => void): void;
}

/** The server side of a wire protocol. */
export interface WireServer {
  readonly port: number;
  /** @returns to how many subscribers it went. */
  send(topic: ServedTopic, message: object): number;
  /** Ends every connection, after what was sent on it. */
  disconnectAll(): void;
  close(): Promise<void>;
}

export interface WireServerOptions {
  readonly port: number;
  readonly topics: readonly ServedTopic[];
  readonly requests: ClientRequests;
  readonly nowUs: () => number;
}
