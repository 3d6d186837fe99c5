import { ManualClock } from "../../src/core/clock.ts";
import { createMemoryLog } from "../../store/openLog.ts";
import { describeEventLog } from "./eventLog.contract.ts";
import { openForTest, temporaryPath } from "./temporaryLog.ts";

describeEventLog("SQLite file", () => openForTest({ path: temporaryPath() }));
describeEventLog("in memory", () => createMemoryLog({ clock: new ManualClock(1_000_000) }));
