import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { contactSheet, followedPage, nowPage, type SheetGroup } from "../app/humanVerdicts/contactSheet.ts"; // prettier-ignore
import type { RaterDesk, RaterReply } from "../app/humanVerdicts/rateGroups.ts";
import { html } from "../app/report/markup.ts";
import { pressKey, replyOfLine, shownTyping, type TypedAnswer } from "./raterKeys.ts";

/** Ctrl-C as a terminal in raw mode gives it: a key like any other. */
const interruptKey = "\u0003";
const followFile = "now.js";
const firstPage = "now.html";

/** Gives the answers that a rater types, in turn. */
interface ReplySource {
  /** @param onTyping - called with what there is of the answer after every key. */
  next(count: number, onTyping: (typed: TypedAnswer) => void): Promise<RaterReply>;
  /** A key, or a line where keys do not come one by one; nothing at the end of the input. */
  nextInput(): Promise<string>;
  close(): void;
}

/**
 * A rater at a terminal, with the pictures in a browser beside it: one page, which goes to the group
 * that is asked about by itself.
 *
 * @param folder - gets the pages; made if it is not there.
 * @param signal - ends a question that is waiting.
 */
export async function openRaterDesk(options: {
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WritableStream;
}): Promise<RaterDesk & { close(): void }> {
  const { folder, signal, input, output } = options;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, firstPage), nowPage(followFile));
  const replies = input.isTTY ? keyReplies(input) : lineReplies(input);
  output.write(
    `Open ${pathToFileURL(resolve(folder, firstPage)).href}\n` +
      "in a browser and keep it beside this window: it shows the dreams asked about.\n\n" +
      "  letters  the dreams, nearest to the goal first; those left out come last\n" +
      "  =        between two that are as near as each other; alone: all are equal\n" +
      "  Enter    that is the ranking           ?  cannot tell\n" +
      "  u        take the last answer back     q  stop; go on later\n\n",
  );
  const stopped = new Promise<RaterReply>((done) => {
    signal.addEventListener("abort", () => done({ kind: "quit" }), { once: true });
  });
  return {
    async ask(group) {
      await showPage(folder, group);
      const count = group.pictures.dreams.length;
      const question = `${group.place}  ${group.name}  `;
      const draw = ({ text, problem }: TypedAnswer) => {
        if (problem !== undefined) output.write(`\n  ${problem}\n`);
        if (input.isTTY) output.write(`\r\u001b[2K${question}${shownTyping(text)}`);
      };
      if (!input.isTTY) output.write(`${question}\n`);
      draw({ text: "" });
      const reply = await Promise.race([replies.next(count, draw), stopped]);
      if (input.isTTY) output.write(`${ending[reply.kind]}\n`);
      return reply;
    },
    async askForEnd() {
      if (signal.aborted) return false;
      output.write("all are answered: Enter ends it, u takes the last answer back\n");
      const typed = await Promise.race([replies.nextInput(), stopped.then(() => "")]);
      return replyOfLine(typed, 2).reply?.kind === "undo";
    },
    refuseUndo: () => void output.write("  there is no answer to take back\n"),
    close: () => replies.close(),
  };
}

const ending: Readonly<Record<RaterReply["kind"], string>> = {
  ranked: "",
  unsure: "cannot tell",
  undo: "the last answer is taken back",
  quit: "",
};

async function showPage(folder: string, group: SheetGroup): Promise<void> {
  const name = `${group.name.replaceAll("/", "-")}.html`;
  const lede = html`Answer in the terminal; this page follows it.`;
  await writeFile(join(folder, name), contactSheet([group], { lede, followScript: followFile }));
  await writeFile(join(folder, followFile), followedPage(name));
}

function keyReplies(input: NodeJS.ReadStream): ReplySource {
  let press: (key: string) => void = () => undefined;
  const hear = (keys: string) => {
    // Arrows and the like are several characters after an escape.
    if (keys.startsWith("\u001b")) return;
    for (const key of keys) {
      if (key === interruptKey) process.kill(process.pid, "SIGINT");
      else press(key);
    }
  };
  input.setRawMode(true);
  input.setEncoding("utf8");
  input.on("data", hear);
  input.resume();
  return {
    next: (count, onTyping) =>
      new Promise((done) => {
        let text = "";
        press = (key) => {
          const typed = pressKey(text, key, count);
          text = typed.text;
          if (typed.reply === undefined) onTyping(typed);
          else {
            // Keys pressed before the next group is shown are not about it.
            press = () => undefined;
            done(typed.reply);
          }
        };
      }),
    nextInput: () => new Promise((done) => (press = done)),
    close() {
      input.off("data", hear);
      input.setRawMode(false);
      input.pause();
    },
  };
}

function lineReplies(input: NodeJS.ReadStream): ReplySource {
  const reader = createInterface({ input });
  const lines = reader[Symbol.asyncIterator]();
  return {
    async next(count, onTyping) {
      for (;;) {
        const line = await lines.next();
        if (line.done === true) return { kind: "quit" };
        const typed = replyOfLine(line.value, count);
        if (typed.reply !== undefined) return typed.reply;
        onTyping(typed);
      }
    },
    async nextInput() {
      const line = await lines.next();
      return line.done === true ? "" : line.value;
    },
    close: () => reader.close(),
  };
}
