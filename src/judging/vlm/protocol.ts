import type { Task } from "../../core/cell.ts";
import type { ChatQuestion } from "../../remote/chat.ts";

export interface JudgedPictures<Picture> {
  readonly task: Task;
  readonly goal: Picture;
  /** The end of each dream, in order of candidate. */
  readonly dreams: readonly Picture[];
  /** Rankings, or scores of each dream, that are asked for. Pairs are asked in both orders, once. */
  readonly votes: number;
  readonly format: "json_schema" | "text";
}

/** What is asked, before seeds. */
export type UnseededQuestion<Picture> = Omit<ChatQuestion<Picture>, "seed">;

/** What the answers say beside a verdict. */
export interface JudgePoll {
  /** Answers asked for, and those that could be read. */
  readonly asked: number;
  readonly read: number;
  /** Comparisons of two with a winner, and those won by the one that was shown first. */
  readonly decided: number;
  readonly firstWins: number;
}

/** One way to ask for a verdict and to read it. */
export interface Protocol {
  questions<Picture>(pictures: JudgedPictures<Picture>): readonly UnseededQuestion<Picture>[];
  /**
   * @param bodies - by question: the response, or null where there is none.
   * @returns by dream a distance (null where no answer could be read), smaller is nearer.
   */
  read(
    bodies: readonly (string | null)[],
    dreamCount: number,
    votes: number,
  ): { readonly distances: readonly (number | null)[]; readonly poll: JudgePoll };
}
