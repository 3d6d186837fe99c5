import type { WriteStream } from "node:tty";
import type { Progress } from "../app/progress.ts";
import { createStopwatch } from "../core/clock.ts";
import { wrapText } from "./format.ts";

/** Between two lines on a stream that is no terminal. */
const quietSeconds = 10;
/** Wide enough for the longest stage with its number. */
const stageColumns = 36;
/** As wide as "12 min 34 s". */
const durationColumns = 11;
/** Lines that stay on the screen are broken to fit this. */
const endedColumns = 80;

/** Time left is told by the pace of so many seconds: what a resumed stage finds done is done at once. */
const paceSeconds = 60;

function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}

/**
 * Draws one line a stage: rewritten in place on a terminal, a line now and then elsewhere.
 *
 * @param stream - standard error, so that standard output stays the command's own.
 * @param countText - how numbers of items are written, such as bytes with their unit.
 */
export function createProgressLine(
  stream: Pick<WriteStream, "write" | "isTTY" | "columns">,
  countText: (count: number) => string = String,
): Progress {
  let stage = "";
  let total = 0;
  let done = 0;
  let watch = createStopwatch();
  let lastShownSeconds = -Infinity;
  /** What was done when: one entry a second, the first from before the seconds that count. */
  let marks: { readonly seconds: number; readonly done: number }[] = [{ seconds: 0, done: 0 }];

  const leftAt = (elapsed: number): string => {
    while (marks.length > 1 && elapsed - marks[1]!.seconds >= paceSeconds) marks.shift();
    const since = marks[0]!;
    if (elapsed - marks.at(-1)!.seconds >= 1) marks.push({ seconds: elapsed, done });
    if (done === since.done || done >= total) return "";
    const secondsEach = (elapsed - since.seconds) / (done - since.done);
    return `, ${duration(secondsEach * (total - done))} left`;
  };
  const draw = (note: string) => {
    const elapsed = watch.seconds();
    const left = leftAt(elapsed);
    const percent = total > 0 ? Math.floor((100 * done) / total) : 100;
    const line = `${stage.padEnd(stageColumns)} ${String(percent).padStart(3)} %  ${countText(done)}/${countText(total)}${left}${note === "" ? "" : `  ${note}`}`;
    // One column less than there are: some terminals wrap a line that fills them.
    if (stream.isTTY) stream.write(`\r\u001b[2K${line.slice(0, stream.columns - 1)}`);
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
      marks = [{ seconds: 0, done: 0 }];
      draw("");
    },
    advance(count, note = "") {
      done += count;
      draw(note);
    },
    end(summary) {
      const time = duration(watch.seconds()).padStart(durationColumns);
      const indent = " ".repeat(stageColumns + durationColumns + 3);
      const line = wrapText(
        `${stage.padEnd(stageColumns)} ${time}  ${summary}`,
        endedColumns,
        indent,
      );
      stream.write(stream.isTTY ? `\r\u001b[2K${line}\n` : `${line}\n`);
    },
  };
}
