import { Observable, type OperatorFunction } from "rxjs";

/**
 * Work that is slower than its source: while one item is worked on, only the newest of those that came
 * meanwhile waits. What a newer one takes the place of is skipped, and told of.
 *
 * One call of `work` at a time, in the order in which items came; at most one item waits, so memory
 * is bounded whatever the source does. The stream completes when the work on the last item is done.
 *
 * @param work - its failure ends the stream.
 * @param onSkipped - gets every item that is not worked on, in order.
 */
export function newestWins<Item, Result>(
  work: (item: Item) => Promise<Result>,
  onSkipped: (item: Item) => void,
): OperatorFunction<Item, Result> {
  return (items$) =>
    new Observable((subscriber) => {
      let waiting: { readonly item: Item } | null = null;
      let isBusy = false;
      let isOver = false;

      const run = async (first: Item) => {
        isBusy = true;
        for (let next: { readonly item: Item } | null = { item: first }; next !== null;) {
          subscriber.next(await work(next.item));
          next = subscriber.closed ? null : waiting;
          waiting = null;
        }
        isBusy = false;
        if (isOver) subscriber.complete();
      };
      return items$.subscribe({
        next(item) {
          if (!isBusy) {
            run(item).catch((error: unknown) => subscriber.error(error));
            return;
          }
          if (waiting !== null) onSkipped(waiting.item);
          waiting = { item };
        },
        error: (error: unknown) => subscriber.error(error),
        complete() {
          isOver = true;
          if (!isBusy) subscriber.complete();
        },
      });
    });
}
