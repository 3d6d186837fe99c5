import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { verifyLog } from "../../src/app/verifyLog.ts";
import { appendingScript } from "./runAppendingProcess.ts";
import { openForTest, temporaryPath } from "./temporaryLog.ts";

/** Size that no file of the process may pass, in blocks of 512 or 1024 bytes as the shell counts. */
const fileLimitBlocks = 3000;

it.skipIf(process.platform === "win32").each(["direct", "thread"])(
  "a process whose log may not grow ends with DISK_FULL and leaves all that was acknowledged (%s)",
  async (mode) => {
    const path = temporaryPath();
    const script = [process.execPath, "--import", "tsx", appendingScript, path, "a"];
    const node = [...script, "Infinity", mode];
    const limited = spawnSync(
      "sh",
      ["-c", `ulimit -f ${fileLimitBlocks}; exec "$0" "$@"`, ...node],
      { encoding: "utf8" },
    );
    const acknowledged = Number(limited.stdout.trim().split("\n").at(-1));

    expect(limited.status).toBe(1);
    expect(limited.stderr).toContain("DISK_FULL");
    expect(acknowledged).toBeGreaterThan(1);
    const { log, tables } = openForTest({ path, mode: "existing" });
    expect((await log.session("a"))!.eventCount).toBe(acknowledged);
    expect(verifyLog(tables)).toMatchObject({ isSound: true, events: acknowledged });

    const resumed = spawnSync(script[0]!, [...script.slice(1), "2", mode], { encoding: "utf8" });
    expect(resumed.status).toBe(0);
    expect(verifyLog(tables).isSound).toBe(true);
  },
);
