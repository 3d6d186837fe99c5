import type { WriteStream } from "node:tty";
import type { LiveStatus } from "../app/live/recordSession.ts";

/** Lines on a stream that is no terminal come this often, in statuses. */
const quietStatuses = 20;

/** Draws how a live session stands: rewritten in place on a terminal, a line now and then elsewhere. */
export function createLiveStatusLine(
  stream: Pick<WriteStream, "write" | "isTTY" | "columns">,
  diskBytes: () => string,
): { readonly show: (status: LiveStatus) => void; readonly end: () => void } {
  let last: LiveStatus | null = null;
  let shownCount = 0;
  return {
    show(status) {
      const line = statusText(status, last, diskBytes());
      last = status;
      if (stream.isTTY) stream.write(`\r\u001b[2K${line.slice(0, stream.columns - 1)}`);
      else if (shownCount++ % quietStatuses === 0) stream.write(`${line}\n`);
    },
    end() {
      if (stream.isTTY && last !== null) stream.write("\n");
    },
  };
}

/** Such as `12 s  image 30/s  states 1998/s  lag 1 ms  missing 0  late 0  drops 0  12.3 MB`. */
export function statusText(status: LiveStatus, last: LiveStatus | null, disk: string): string {
  const { seconds, streams, isConnected, haltedBy, lagMs, dropped, rejected } = status;
  const spanS = seconds - (last?.seconds ?? 0);
  const rate = (suffix: string) => {
    const count = (of: LiveStatus | null) =>
      (of?.streams ?? [])
        .filter(({ name }) => name.endsWith(suffix))
        .reduce((sum, { messages }) => sum + messages, 0);
    return Math.round((count(status) - count(last)) / spanS);
  };
  const sum = (key: "missing" | "late") => streams.reduce((total, each) => total + each[key], 0);
  const state = haltedBy !== null ? ` HALTED ${haltedBy}` : isConnected ? "" : " NO LINK";
  return [
    `${Math.floor(seconds)} s${state}`,
    `image ${rate("/image")}/s`,
    `states ${rate("/states")}/s`,
    `lag ${lagMs.toFixed(0)} ms`,
    `gaps ${sum("missing")}`,
    `late ${sum("late")}`,
    `lost ${dropped + rejected}`,
    disk,
  ].join("  ");
}
