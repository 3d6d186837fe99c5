import { readFileSync } from "node:fs";
import { expect, it, onTestFinished } from "vitest";
import { parseCellFile } from "../../../hardware/cellFile/parseCellFile.ts";
import { faultPresets } from "../../../hardware/virtualCell/faults.ts";
import { recordSession } from "../../../src/app/live/recordSession.ts";
import { serveVirtualCell } from "../../../src/app/virtualCell.ts";
import { readSession } from "../../../src/app/collectedSession.ts";
import { cropTaken } from "../../../src/events/perception.ts";
import { primitiveCompiled } from "../../../src/events/planning.ts";
import { captureOutput } from "../../cli/captureOutput.ts";
import { runCli } from "../../../src/cli/runCli.ts";
import { openForTest, temporaryPath } from "../../store/temporaryLog.ts";

const cellText = readFileSync(new URL("../../../docs/cells/virtual.yaml", import.meta.url), "utf8");

it("plans and carries out a primitive in a dry run, as a session that replays exactly", async () => {
  const served = await serveVirtualCell({
    cellText,
    cellName: "virtual.yaml",
    task: "rope",
    seed: "0",
    faults: faultPresets.none,
    port: 0,
    publishSeconds: null,
  });
  onTestFinished(() => served.close());
  const file = parseCellFile(
    cellText.replace("ws://127.0.0.1:9090", `ws://127.0.0.1:${served.port}`),
    "virtual.yaml",
  );
  // Nothing moves, so a busy machine may let the cell be silent for a while.
  const limits = { ...file.limits, stateTimeoutMs: 20_000, frameTimeoutMs: 20_000 };
  const logPath = temporaryPath("live.sqlite");

  const recorded = await recordSession({
    logPath,
    session: "s",
    cell: { ...file, limits },
    isArmed: false,
    aim: {
      task: "rope",
      goal: served.goal,
      boxes: {},
      judge: { kind: "geometric" },
      lookEvery: 3,
      plan: {
        planner: { kind: "matcher" },
        candidateCount: 4,
        worldModel: null,
        primitiveCount: 1,
      },
    },
    durationSeconds: null,
    signal: new AbortController().signal,
    onStatus: () => undefined,
  });

  expect(recorded).toMatchObject({ reason: "completed", primitives: ["done"] });
  expect(recorded.status).toMatchObject({ commandsSent: 0, rejected: 0, dropped: 0 });
  const open = openForTest({ path: logPath, mode: "readonly" });
  const stored = await open.log.read({ session: "s", types: ["robot.commandSent"] });
  const events = await readSession(open.log, "s/primitive-0");
  // The steps over which the fingers move are one command and a rest.
  expect(stored.length).toBeGreaterThan(50);
  expect(events.get("candidate/0/primitive", primitiveCompiled).payload.stepCount).toBeGreaterThan(
    50,
  );
  expect(events.get("final/crop/objectOnly", cropTaken).payload.variant).toBe("objectOnly");
  await open.close();

  const { result, stdout } = await captureOutput(() => runCli(["replay", logPath, "--jobs", "1"]));
  expect(result).toBe(0);
  expect(stdout).toContain("verified");
});
