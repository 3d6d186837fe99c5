import type { ServerResponse } from "node:http";
import type { StandInReply } from "./standInReply.ts";

/**
 * What a server may do instead of answering. `duplicateJob`: it takes the request and the answer is
 * lost, so that it is sent again; `forgottenJob`: it was restarted and knows its jobs no more.
 */
export const standInFaults = [
  "429",
  "500",
  "disconnect",
  "hang",
  "truncated",
  "wrongSchema",
  "webPage",
  "prose",
  "duplicateJob",
  "forgottenJob",
] as const;
export type StandInFault = (typeof standInFaults)[number];

/** @returns whether the request has got all the answer that it gets. */
export function misbehave(fault: StandInFault | null, response: ServerResponse): boolean {
  const answer = (status: number, body: string, mediaType = "application/json") => {
    response.writeHead(status, { "content-type": mediaType });
    response.end(body);
    return true;
  };
  switch (fault) {
    case "429":
      response.setHeader("retry-after", "0");
      return answer(429, '{"error":{"message":"too many requests"}}');
    case "500":
      return answer(500, '{"error":{"message":"out of memory"}}');
    case "disconnect":
      response.destroy();
      return true;
    case "hang":
      // The client's time-out ends it.
      return true;
    case "wrongSchema":
      return answer(200, '{"result":"a server of another kind"}');
    case "webPage":
      return answer(200, "<!doctype html><title>Welcome</title>", "text/html");
    case "truncated":
    case "prose":
    case "duplicateJob":
    case "forgottenJob":
    case null:
      return false;
  }
}

/** An answer that goes wrong on its way. */
export function brokenReply(fault: StandInFault | null, reply: StandInReply): StandInReply {
  const { bytes } = reply;
  if (fault === "truncated") return { ...reply, bytes: bytes.subarray(0, bytes.length / 2) };
  if (fault === "prose" && reply.mediaType === "application/json") {
    return { ...reply, bytes: Buffer.from(inProse(Buffer.from(bytes).toString("utf8"))) };
  }
  return reply;
}

/** Answers with prose around them, as models without a schema give them. */
function inProse(text: string): string {
  const body = JSON.parse(text) as { choices?: { message: { content: string } }[] };
  for (const { message } of body.choices ?? []) {
    message.content = `Let me think. The {left} side looks off.\n\n${message.content}\nI hope this helps!`;
  }
  return JSON.stringify(body);
}
