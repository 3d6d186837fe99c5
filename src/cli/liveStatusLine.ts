import type { WriteStream } from "node:tty";
import type { LiveStatus } from "../app/live/liveStatus.ts";
import type { Look } from "../app/live/watchScene.ts";

/** Lines on a stream that is no terminal come this often, in statuses. */
const quietStatuses = 20;

/** Draws how a live session stands: rewritten in place on a terminal, a line now and then elsewhere. */
export function createLiveStatusLine(
  stream: Pick<WriteStream, "write" | "isTTY" | "columns">,
  diskBytes: () => string,
): { readonly show: (status: LiveStatus) => void; readonly end: () => void } {
  let last: LiveStatus | null = null;
  let shownCount = 0;
  if (stream.isTTY)
    stream.write("space halts the arms, r releases them, h homes the hands, Ctrl-C ends\n");
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

/**
 * Such as `1:12  30 img/s  2000 st/s  lag 1 ms  late 3  goal 43 mm  12.3 MB`: what needs the operator
 * first, and counts only of what went wrong, so that it fits 80 columns.
 */
export function statusText(status: LiveStatus, last: LiveStatus | null, disk: string): string {
  const { seconds, isConnected, haltedBy, lagMs, dropped, rejected } = status;
  const spanS = seconds - (last?.seconds ?? 0);
  const rate = (suffix: string) => {
    const count = (of: LiveStatus | null) =>
      (of?.streams ?? [])
        .filter(({ name }) => name.endsWith(suffix))
        .reduce((sum, { messages }) => sum + messages, 0);
    return Math.round((count(status) - count(last)) / spanS);
  };
  const late = totalOf(status, "late");
  const counts = { missing: missingOf(status), late, dropped, rejected };
  return [
    clockText(seconds),
    ...(isConnected ? [] : ["NO LINK"]),
    ...(haltedBy === null ? [] : [`HALTED ${haltedBy} (r releases)`]),
    `${rate("/image")} img/s`,
    `${rate("/states")} st/s`,
    `lag ${lagMs.toFixed(0)} ms`,
    // Whoever reads `HALTED` needs no counts.
    ...(haltedBy === null ? Object.entries(counts) : [])
      .filter(([, count]) => count > 0)
      .map(([name, count]) => `${name} ${count}`),
    ...(haltedBy === null ? sightOf(status) : []),
    disk,
  ].join("  ");
}

/** Messages that a stream's rate would have brought and that did not come, not even late. */
export function missingOf(status: Pick<LiveStatus, "streams">): number {
  return Math.max(0, totalOf(status, "missing") - totalOf(status, "late"));
}

export function totalOf(
  { streams }: Pick<LiveStatus, "streams">,
  key: "messages" | "missing" | "late",
): number {
  return streams.reduce((total, each) => total + each[key], 0);
}

function sightOf({ lastLook, unseen }: LiveStatus): string[] {
  if (unseen !== null) return ["NOTHING TO FOLLOW"];
  return lastLook === null ? [] : [lookText(lastLook)];
}

/** Such as `goal 43 mm`; of an object without a goal, or one that cannot be measured, what is seen of it. */
function lookText({ distance, areaPx }: Look): string {
  return distance === null ? sightText(areaPx) : `goal ${millimetres(distance.now)}`;
}

/** Such as `object 2345 px`. */
export function sightText(areaPx: number): string {
  return areaPx === 0 ? "object hidden" : `object ${areaPx} px`;
}

/** Such as `31 mm from the goal, 54 mm at the start`. */
export function goalText({ now, start }: { readonly now: number; readonly start: number }): string {
  return `${millimetres(now)} from the goal, ${millimetres(start)} at the start`;
}

function millimetres(distanceM: number): string {
  return `${(1000 * distanceM).toFixed(0)} mm`;
}

/** Minutes and seconds, such as `1:05`. */
function clockText(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
