import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import type { PayloadOf } from "../../src/events/eventDefinition.ts";
import { imageReceived, jointStatesReceived, messageReceived } from "../../src/events/hardware.ts";
import type { StoredEvent } from "../../src/events/envelope.ts";
import type { EventLog } from "../../src/ports/eventLog.ts";
import { createFolder, openForTest } from "../store/temporaryLog.ts";
import { spawnDreamlog, spawnLimitedDreamlog, type SpawnedDreamlog } from "./spawnDreamlog.ts";

const cell = fileURLToPath(new URL("../../docs/cells/virtual.yaml", import.meta.url));

/** Size that no file of a limited recording may pass, in blocks of 512 or 1024 bytes as the shell counts. */
const fileLimitBlocks = 3000;

/** A virtual cell in a process of its own, on a free port. */
async function serveCell(...options: string[]) {
  const folder = createFolder();
  onTestFinished(folder.remove);
  const [ledger, log, address] = ["ledger.json", "live.sqlite", "address"].map((name) =>
    join(folder.path, name),
  ) as [string, string, string];
  const served = spawnDreamlog(
    ...["virtual-cell", "--cell", cell, "--port", "0", "--json"],
    ...["--ledger", ledger, "--address", address, ...options],
  );
  onTestFinished(() => served.kill("SIGKILL"));
  while (!existsSync(address)) await pause(50);
  const url = readFileSync(address, "utf8");
  const words = ["record", "--cell", cell, "--url", url, "--log", log];
  const record = (...more: string[]): SpawnedDreamlog => spawnDreamlog(...words, ...more);
  const recordWithin = (blocks: number, ...more: string[]) =>
    spawnLimitedDreamlog(blocks, ...words, ...more);
  const end = async () => {
    served.kill("SIGINT");
    await served.ended;
    return JSON.parse(readFileSync(ledger, "utf8")) as Record<string, number[]>;
  };
  return { record, recordWithin, end, log };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function readAll(log: EventLog, session: string): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for (;;) {
    const page = await log.read({ session, afterPosition: events.at(-1)?.position ?? 0 });
    if (page.length === 0) return events;
    events.push(...page);
  }
}

function stampsOf(events: readonly StoredEvent[], stream: string): number[] {
  return events.flatMap(({ type, payload, sourceTimeUs }) => {
    if ((payload as { stream?: unknown }).stream !== stream) return [];
    if (type === jointStatesReceived.type) {
      return [...(payload as PayloadOf<typeof jointStatesReceived>).sourceTimesUs];
    }
    return type === imageReceived.type || type === messageReceived.type ? [sourceTimeUs] : [];
  });
}

describe("dreamlog record", () => {
  it("has every message in the log that the cell sent, in a session that is whole", async () => {
    const served = await serveCell("--publish-seconds", "2", "--faults", "mild");
    const recorded = await served.record("--session", "s", "--duration", "5", "--json").ended;
    expect(recorded.code).toBe(0);
    expect(JSON.parse(recorded.stdout)).toMatchObject({ session: "s", reason: "completed" });

    const sent = await served.end();
    const { log } = openForTest({ path: served.log, mode: "readonly" });
    const events = await readAll(log, "s");
    for (const [topic, stream] of [
      ["/left/joint_states", "left/states"],
      ["/right/joint_states", "right/states"],
      ["/camera/camera/color/image_raw/compressed", "top/image"],
      ["/left/franka_robot_state_broadcaster/robot_state", "left/robotState"],
    ] as const) {
      expect(stampsOf(events, stream)).toEqual(sent[topic]);
    }
    expect(events.at(-1)).toMatchObject({ type: "session.closed" });
    expect((await spawnDreamlog("log", "verify", served.log).ended).stdout).toBe("sound\n");
  });

  it("leaves a closed session when it is interrupted", async () => {
    const served = await serveCell();
    const recording = served.record("--session", "s");
    while (!existsSync(served.log)) await pause(50);
    await pause(2500);
    recording.kill("SIGINT");
    expect((await recording.ended).code).toBe(130);
    await served.end();
    const { log } = openForTest({ path: served.log, mode: "readonly" });
    expect((await readAll(log, "s")).at(-1)).toMatchObject({
      type: "session.closed",
      payload: { reason: "interrupted" },
    });
  });

  it("says what it expected when nothing answers, and closes the session as failed", async () => {
    const folder = createFolder();
    onTestFinished(folder.remove);
    const log = join(folder.path, "live.sqlite");
    const url = "ws://127.0.0.1:1";
    const { code, stderr } = await spawnDreamlog(
      ...["record", "--cell", cell, "--url", url, "--log", log, "--session", "s"],
    ).ended;
    expect(code).toBe(1);
    expect(stderr).toContain("LINK_FAILED: expected pictures and states of both arms from ws://");
    const open = openForTest({ path: log, mode: "readonly" });
    expect((await readAll(open.log, "s")).at(-1)).toMatchObject({ payload: { reason: "failed" } });
  });

  it("refuses a session that is there already, and leaves it as it was", async () => {
    const served = await serveCell();
    const first = await served.record("--session", "s", "--duration", "1").ended;
    expect(first.code).toBe(0);

    const again = await served.record("--session", "s", "--duration", "1").ended;

    expect(again.code).toBe(1);
    expect(again.stderr).toMatch(
      /ARGUMENT_INVALID: .*expected a new session, found s there already with \d+ events, closed;/,
    );
    await served.end();
    expect((await spawnDreamlog("log", "verify", served.log).ended).stdout).toBe("sound\n");
  });

  it.skipIf(process.platform === "win32")(
    "ends when the log can take no more, and the log holds what it took",
    async () => {
      const served = await serveCell();
      const recording = served.recordWithin(fileLimitBlocks, "--session", "s", "--duration", "600");

      const { code, stderr } = await recording.ended;

      expect(code).toBe(1);
      expect(stderr).toContain("DISK_FULL");
      await served.end();
      const { log } = openForTest({ path: served.log, mode: "readonly" });
      expect((await readAll(log, "s")).length).toBeGreaterThan(10);
      expect((await spawnDreamlog("log", "verify", served.log).ended).stdout).toBe("sound\n");
    },
  );

  it("names the line of what is wrong in a cell file", async () => {
    const folder = createFolder();
    onTestFinished(folder.remove);
    const path = join(folder.path, "cell.yaml");
    writeFileSync(path, readFileSync(cell, "utf8").replace("rateHz: 30", "rateHz: often"));
    const { code, stderr } = await spawnDreamlog("record", "--cell", path).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/cell\.yaml:\d+: cameras\.top\.rateHz: expected number, found "often"/);
  });
});
