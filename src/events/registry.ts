import { DreamlogError } from "../core/errors.ts";
import * as dreaming from "./dreaming.ts";
import * as environment from "./environment.ts";
import * as evaluation from "./evaluation.ts";
import type { EventDefinition } from "./eventDefinition.ts";
import * as hardware from "./hardware.ts";
import * as exchange from "./exchange.ts";
import * as judging from "./judging.ts";
import * as learning from "./learning.ts";
import * as maintenance from "./maintenance.ts";
import * as perception from "./perception.ts";
import * as planning from "./planning.ts";
import * as remote from "./remote.ts";
import * as session from "./session.ts";
import * as stream from "./stream.ts";
import * as video from "./video.ts";

function isDefinition(value: unknown): value is EventDefinition {
  return value !== null && typeof value === "object" && "upcasts" in value;
}

/** Every event dreamlog knows, in order of type. */
export const eventDefinitions: readonly EventDefinition[] = [
  session,
  stream,
  video,
  environment,
  hardware,
  perception,
  planning,
  dreaming,
  judging,
  learning,
  evaluation,
  maintenance,
  remote,
  exchange,
]
  .flatMap((area) => Object.values(area) as unknown[])
  .filter(isDefinition)
  .sort((a, b) => (a.type < b.type ? -1 : 1));

const byType = new Map(eventDefinitions.map((definition) => [definition.type, definition]));

/** @throws {DreamlogError} `EVENT_TYPE_UNKNOWN`. */
export function eventDefinition(type: string): EventDefinition {
  const definition = byType.get(type);
  if (definition === undefined) {
    throw new DreamlogError(
      "EVENT_TYPE_UNKNOWN",
      `expected one of ${String(byType.size)} known event types, found "${type}"; a newer dreamlog may have written it: upgrade`,
      { type },
    );
  }
  return definition;
}
