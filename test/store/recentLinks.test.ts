import { describe, expect, it } from "vitest";
import { createMemoryLog } from "../../store/openLog.ts";
import { ManualClock } from "../../src/core/clock.ts";
import { boxed, started } from "./sampleEvents.ts";
import { openForTest, temporaryPath } from "./temporaryLog.ts";

describe.each([
  ["a file", () => openForTest({ path: temporaryPath() })],
  ["memory", () => createMemoryLog({ clock: new ManualClock(0) })],
])("chain digests kept of events in %s", (_where, open) => {
  it("are gone with the append that was taken back", async () => {
    const { log } = open();
    await log.append([started("a")]);
    const caused = (id: string, cause: number) => ({ ...boxed("a", id), causes: [cause] });
    const takenBack = log.append([boxed("a", "one"), caused("two", 2), caused("three", 99)]);
    await expect(takenBack).rejects.toMatchObject({ code: "EVENT_CONFLICT" });

    // At position 2, which held something for a moment, it would be its own cause.
    await expect(log.append([caused("four", 2)])).rejects.toMatchObject({
      code: "EVENT_CONFLICT",
      context: { cause: 2 },
    });
    expect(await log.lastPosition()).toBe(1);
  });
});
