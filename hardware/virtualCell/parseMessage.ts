import * as v from "valibot";
import { malformed } from "../link/reconnectingSocket.ts";

/**
 * What a client of the virtual cell sent, held against its schema.
 *
 * @param expected - what it ought to be, for the error message.
 * @throws {DreamlogError} `MESSAGE_INVALID`.
 */
export function parseMessage<Schema extends v.GenericSchema>(
  expected: string,
  schema: Schema,
  message: unknown,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, message);
  if (result.success) return result.output;
  throw malformed(expected, result.issues[0].message);
}
