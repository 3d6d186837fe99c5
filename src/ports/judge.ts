import type { Task } from "../core/cell.ts";
import type { RgbImage, RgbVideo } from "../core/image.ts";
import type { Producer } from "../events/envelope.ts";

export interface Verdict {
  /** Candidates, best first; ties in order of candidate. */
  readonly ranking: readonly number[];
  /** By candidate; smaller is nearer to the goal. */
  readonly distances: readonly number[];
  /** Two or more candidates share the smallest distance. */
  readonly isTied: boolean;
}

/** Says which of K dreams ends nearest to the goal. Sees pictures only. */
export interface Judge {
  readonly producer: Producer;
  /** @param goal - the goal's object-only crop, of the same side as the dreams. */
  rank(request: {
    readonly task: Task;
    readonly goal: RgbImage;
    readonly dreams: readonly RgbVideo[];
  }): Promise<Verdict>;
}
