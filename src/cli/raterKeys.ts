import type { RaterReply } from "../app/humanVerdicts/rateGroups.ts";
import { isDreamlogError } from "../core/errors.ts";
import { letteredMax, letterOf, parseRanking } from "../judging/human/ranking.ts";

/** What a rater has typed of an answer, and what came of the last key. */
export interface TypedAnswer {
  /** Letters and "=" so far. */
  readonly text: string;
  /** Set once the answer is whole. */
  readonly reply?: RaterReply;
  /** What was wrong with it. */
  readonly problem?: string;
}

const backspaces = ["\u007f", "\b"];

/**
 * One key after another becomes an answer: letters in order, nearest first; "=" ties the next with the
 * one before; Enter ends it. "?" stands for unsure, "u" or backspace on nothing takes the last answer
 * back, "q" stops. A letter typed twice, or one that is not shown, changes nothing.
 *
 * @param count - how many dreams are shown.
 */
export function pressKey(text: string, key: string, count: number): TypedAnswer {
  if (key === "\r" || key === "\n") return completed(text, count);
  if (key === "?") return { text: "", reply: { kind: "unsure" } };
  if (backspaces.includes(key) && text !== "") return { text: text.slice(0, -1) };
  const letter = key.toUpperCase();
  if (letter === "U" || backspaces.includes(key)) return { text: "", reply: { kind: "undo" } };
  if (letter === "Q") return { text: "", reply: { kind: "quit" } };
  const isLetter = letter.length === 1 && letter >= "A" && letter <= letterOf(letteredMax - 1);
  const isFit = isLetter ? letter <= letterOf(count - 1) && !text.includes(letter) : key === "=";
  return { text: isFit ? text + letter : text };
}

/** The same from a whole line, as a pipe gives it. */
export function replyOfLine(line: string, count: number): TypedAnswer {
  const text = line.trim();
  if (text.length === 1 && "?uUqQ".includes(text)) return pressKey("", text, count);
  return completed(text, count);
}

/** What was typed, as it will be read: `CA=B` as `C > A = B`. */
export function shownTyping(text: string): string {
  return text
    .replaceAll(/(?<=[A-P])(?=[A-P])/g, " > ")
    .replaceAll("=", " = ")
    .trim();
}

function completed(text: string, count: number): TypedAnswer {
  try {
    return { text: "", reply: { kind: "ranked", tiers: parseRanking(text, count) } };
  } catch (error) {
    if (!isDreamlogError(error, "ANSWER_INVALID")) throw error;
    return { text, problem: error.message };
  }
}
