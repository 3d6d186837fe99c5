/** How far a long job is. The command line draws it; tests and JSON output ignore it. */
export interface Progress {
  /** Begins a stage of `total` items. */
  begin(stage: string, total: number): void;
  /** `count` further items are done; `note` says what is going on. */
  advance(count: number, note?: string): void;
  /** Ends the stage, with one sentence on what came of it. */
  end(summary: string): void;
}

export const silentProgress: Progress = {
  begin: () => undefined,
  advance: () => undefined,
  end: () => undefined,
};

/** For work that tells how much is done and in all: begins the stage when it is first called. */
export function advancing(
  progress: Progress,
  stage: string,
): (done: number, total: number, note?: string) => void {
  let shown: number | undefined;
  return (done, total, note) => {
    if (shown === undefined) progress.begin(stage, total);
    progress.advance(done - (shown ?? 0), note);
    shown = done;
  };
}
