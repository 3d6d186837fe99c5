import type { WriteStream } from "node:tty";
import type { Progress } from "../app/progress.ts";
import { createStopwatch } from "../core/clock.ts";

/** Between two lines on a stream that is no terminal. */
const quietSeconds = 10;

function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(0)} s`;
  const minutes = Math.floor(seconds / 60);
  return `${minutes} min ${(seconds - 60 * minutes).toFixed(0).padStart(2, "0")} s`;
}

/**
 * Draws one line a stage: rewritten in place on a terminal, a line now and then elsewhere.
 *
 * @param stream - standard error, so that standard output stays the command's own.
 */
export function createProgressLine(stream: Pick<WriteStream, "write" | "isTTY">): Progress {
  let stage = "";
  let total = 0;
  let done = 0;
  let watch = createStopwatch();
  let lastShownSeconds = -Infinity;

  const draw = (note: string) => {
    const elapsed = watch.seconds();
    const left =
      done > 0 && done < total ? `, ${duration((elapsed / done) * (total - done))} left` : "";
    const percent = total > 0 ? Math.floor((100 * done) / total) : 100;
    const line = `${stage.padEnd(20)} ${String(percent).padStart(3)} %  ${done}/${total}${left}${note === "" ? "" : `  ${note}`}`;
    if (stream.isTTY) stream.write(`\r\u001b[2K${line.slice(0, 79)}`);
    else if (elapsed - lastShownSeconds >= quietSeconds) {
      lastShownSeconds = elapsed;
      stream.write(`${line}\n`);
    }
  };

  return {
    begin(name, count) {
      stage = name;
      total = count;
      done = 0;
      watch = createStopwatch();
      lastShownSeconds = 0;
      draw("");
    },
    advance(count, note = "") {
      done += count;
      draw(note);
    },
    end(summary) {
      const line = `${stage.padEnd(20)} ${duration(watch.seconds()).padStart(12)}  ${summary}`;
      stream.write(stream.isTTY ? `\r\u001b[2K${line}\n` : `${line}\n`);
    },
  };
}
