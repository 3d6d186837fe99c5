import { isDreamlogError } from "../../core/errors.ts";
import type { LogTables } from "../../../store/logTables.ts";
import { digestBlobs, type DigestPrefix, type FoundBlob } from "./checkBlobs.ts";
import { checkEvents, type EventRange, type EventsCheck } from "./checkEvents.ts";
import { unreadable } from "./logProblem.ts";

/** One part of a full check; parts know nothing of one another and may be checked side by side. */
export type VerifyPart =
  | { readonly kind: "structure" }
  | { readonly kind: "events"; readonly range: EventRange }
  | { readonly kind: "blobs"; readonly prefix: DigestPrefix };

/** What a part found; empty where it did not look. */
export interface PartFindings {
  /** Damage of the file itself, a line each. */
  readonly structure: readonly string[];
  readonly events: EventsCheck | null;
  readonly blobs: readonly FoundBlob[];
}

const nothing: PartFindings = { structure: [], events: null, blobs: [] };
const hexDigits = Array.from({ length: 16 }, (_, digit) => digit.toString(16));

/** The parts that cover a log: its structure, its events by position, its blobs by first digit. */
export function partsOf(tables: LogTables, rangeEvents: number): readonly VerifyPart[] {
  return [
    { kind: "structure" },
    ...rangesOf(lastReadablePosition(tables), rangeEvents).map((range) => ({
      kind: "events" as const,
      range,
    })),
    ...hexDigits.map((prefix) => ({ kind: "blobs" as const, prefix })),
  ];
}

/**
 * Checks one part. What cannot be read ends no more than the look at itself: it is a finding.
 *
 * @param onProgress - called now and then; may throw to end a long check.
 */
export function verifyPart(
  tables: LogTables,
  part: VerifyPart,
  onProgress: () => void = () => undefined,
): PartFindings {
  try {
    switch (part.kind) {
      case "structure":
        return { ...nothing, structure: tables.structuralDamage() };
      case "events":
        return { ...nothing, events: checkEvents(tables, part.range, onProgress) };
      case "blobs":
        return { ...nothing, blobs: digestBlobs(tables, part.prefix, onProgress) };
    }
  } catch (error) {
    if (!isDreamlogError(error, "LOG_CORRUPT")) throw error;
    return { ...nothing, structure: [unreadable(whatOf(part), error)] };
  }
}

function whatOf(part: VerifyPart): string {
  switch (part.kind) {
    case "structure":
      return "the file's structure";
    case "events":
      return `events ${part.range.afterPosition + 1} to ${part.range.uptoPosition}`;
    case "blobs":
      return `the list of blobs whose digest begins with ${part.prefix}`;
  }
}

/** Consecutive ranges that cover a log. */
function rangesOf(lastPosition: number, rangeEvents: number): readonly EventRange[] {
  return Array.from({ length: Math.ceil(lastPosition / rangeEvents) }, (_, at) => ({
    afterPosition: at * rangeEvents,
    uptoPosition: Math.min((at + 1) * rangeEvents, lastPosition),
  }));
}

/** Where the log ended at its last commit, if its own last event cannot be reached. */
function lastReadablePosition(tables: LogTables): number {
  for (const look of [() => tables.lastPosition(), () => tables.tail()?.position ?? 0]) {
    try {
      return look();
    } catch (error) {
      if (!isDreamlogError(error, "LOG_CORRUPT")) throw error;
    }
  }
  return 0;
}
