import { ManualClock } from "../../src/core/clock.ts";
import { createMemoryLog, type OpenLog } from "../../store/openLog.ts";
import { describeEventLog } from "./eventLog.contract.ts";
import { describePromises } from "./promises.contract.ts";
import { openForTest, temporaryPath, writerForTest } from "./temporaryLog.ts";
import { writeHere } from "./writeHere.ts";

const logs: Record<string, () => OpenLog | Promise<OpenLog>> = {
  "SQLite file": () => openForTest({ path: temporaryPath() }),
  "SQLite file, written through a queue": () =>
    writerForTest({ path: temporaryPath(), startThread: writeHere }),
  "in memory": () => createMemoryLog({ clock: new ManualClock(1_000_000) }),
};

for (const [name, create] of Object.entries(logs)) {
  describeEventLog(name, create);
  describePromises(name, create);
}
