import { ManualClock } from "../../src/core/clock.ts";
import { createMemoryLog, type OpenLog } from "../../store/openLog.ts";
import { describeEventLog } from "./eventLog.contract.ts";
import { describePromises } from "./promises.contract.ts";
import { openForTest, temporaryPath } from "./temporaryLog.ts";

const logs: Record<string, () => OpenLog> = {
  "SQLite file": () => openForTest({ path: temporaryPath() }),
  "in memory": () => createMemoryLog({ clock: new ManualClock(1_000_000) }),
};

for (const [name, create] of Object.entries(logs)) {
  describeEventLog(name, create);
  describePromises(name, create);
}
