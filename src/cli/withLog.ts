import { openLog, type OpenLog, type OpenLogOptions } from "../../store/openLog.ts";
import { createSystemClock } from "../core/clock.ts";

/** Opens a log for one command, to read unless `mode` says otherwise, and closes it whatever happens. */
export async function withLog<Result>(
  path: string,
  use: (open: OpenLog) => Promise<Result>,
  mode: OpenLogOptions["mode"] = "readonly",
): Promise<Result> {
  const open = openLog({ path, clock: createSystemClock(), mode });
  try {
    return await use(open);
  } finally {
    await open.close();
  }
}
