import type { PayloadOf } from "../../src/events/eventDefinition.ts";
import { imageReceived, jointStatesReceived, messageReceived } from "../../src/events/hardware.ts";
import type { EventLog } from "../../src/ports/eventLog.ts";

/** Stamps of every message that a live session holds, by stream, in order of arrival. */
export async function readStamps(
  log: EventLog,
  session: string,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const stamps = new Map<string, number[]>();
  const types = [jointStatesReceived.type, imageReceived.type, messageReceived.type];
  for (let afterPosition = 0; ;) {
    const page = await log.read({ session, types, afterPosition });
    for (const { type, payload, sourceTimeUs } of page) {
      const { stream } = payload as { readonly stream: string };
      const own = stamps.get(stream) ?? [];
      stamps.set(stream, own);
      if (type === jointStatesReceived.type) {
        own.push(...(payload as PayloadOf<typeof jointStatesReceived>).sourceTimesUs);
      } else own.push(sourceTimeUs);
    }
    const last = page.at(-1);
    if (last === undefined) return stamps;
    afterPosition = last.position;
  }
}
