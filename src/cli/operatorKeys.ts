import type { LiveCell } from "../../hardware/liveCell.ts";

type Controls = Pick<LiveCell, "stop" | "release" | "homeFingers">;

/** Ctrl-C as a terminal in raw mode gives it: a key like any other. */
const interruptKey = "\u0003";

/** Listens to the operator's keys while a live session runs; does nothing where no terminal is. */
export function watchKeys(input: NodeJS.ReadStream): {
  /** Names what the keys act on. */
  readonly control: (controls: Controls) => void;
  readonly release: () => void;
} {
  let controls: Controls | null = null;
  const hear = (key: string) => {
    if (key === " ") controls?.stop("operatorStop");
    else if (key === "r") controls?.release("operator");
    else if (key === "h") controls?.homeFingers();
    else if (key === interruptKey) process.kill(process.pid, "SIGINT");
  };
  if (input.isTTY) {
    input.setRawMode(true);
    input.setEncoding("utf8");
    input.on("data", hear);
    input.resume();
  }
  return {
    control: (next) => (controls = next),
    release() {
      if (!input.isTTY) return;
      input.off("data", hear);
      input.setRawMode(false);
      input.pause();
    },
  };
}
