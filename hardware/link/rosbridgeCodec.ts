import { Decoder, Encoder, setSizeLimits } from "cbor-x";
import { isDreamlogError, type DreamlogError } from "../../src/core/errors.ts";
import { malformed } from "./reconnectingSocket.ts";

// A header of a few bytes may claim a list of billions: refused before memory is asked for.
setSizeLimits({ maxArraySize: 4_000_000, maxMapSize: 100_000, maxObjectSize: 100_000 });

const decoder = new Decoder({ useRecords: false, mapsAsObjects: true });
const encoder = new Encoder({ useRecords: false, mapsAsObjects: true });

/** A message of the rosbridge protocol, version 2. */
export interface RosbridgeOperation {
  readonly op: string;
  readonly [field: string]: unknown;
}

/**
 * Reads one websocket frame: CBOR when it is binary, else JSON.
 *
 * @returns the operation, or why it is none.
 */
export function decodeOperation(
  frame: Uint8Array,
  isBinary: boolean,
): RosbridgeOperation | DreamlogError {
  try {
    const value: unknown = isBinary
      ? decoder.decode(frame)
      : JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(frame));
    if (isOperation(value)) return value;
    return malformed("a rosbridge operation", `${frame.length} bytes without "op"`);
  } catch (error) {
    if (isDreamlogError(error)) return error;
    const found = error instanceof Error ? error.message : String(error);
    const format = isBinary ? "CBOR" : "JSON";
    return malformed(`a rosbridge operation in ${format}`, found, error);
  }
}

export function encodeOperation(
  operation: RosbridgeOperation,
  encoding: "cbor" | "json",
): string | Uint8Array {
  return encoding === "cbor" ? encoder.encode(operation) : JSON.stringify(operation);
}

function isOperation(value: unknown): value is RosbridgeOperation {
  return (
    value !== null && typeof value === "object" && "op" in value && typeof value.op === "string"
  );
}
