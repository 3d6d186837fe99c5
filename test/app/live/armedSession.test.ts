import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseCellFile } from "../../../hardware/cellFile/parseCellFile.ts";
import { faultPresets } from "../../../hardware/virtualCell/faults.ts";
import { recordSession, type RecordedSession } from "../../../src/app/live/recordSession.ts";
import { serveVirtualCell } from "../../../src/app/virtualCell.ts";
import { readSession } from "../../../src/app/collectedSession.ts";
import { checkpointImported } from "../../../src/events/learning.ts";
import { verdictGiven } from "../../../src/events/judging.ts";
import { actionChosen } from "../../../src/events/planning.ts";
import { cameraFrameCaptured } from "../../../src/events/environment.ts";
import { captureOutput } from "../../cli/captureOutput.ts";
import { runCli } from "../../../src/cli/runCli.ts";
import { createFolder, openForTest } from "../../store/temporaryLog.ts";

const cellText = readFileSync(new URL("../../../docs/cells/virtual.yaml", import.meta.url), "utf8");

async function command(...argv: readonly string[]) {
  const { result, stdout, stderr } = await captureOutput(() => runCli([...argv]));
  expect(`${stderr}${String(result)}`).toMatch(/0$/);
  return stdout;
}

describe("an armed session against the virtual cell", () => {
  const folder = createFolder();
  let logPath: string;
  let recorded: RecordedSession;

  beforeAll(async () => {
    const served = await serveVirtualCell({
      cellText,
      cellName: "virtual.yaml",
      task: "rope",
      seed: "0",
      faults: faultPresets.none,
      port: 0,
      publishSeconds: null,
    });
    const url = `ws://127.0.0.1:${served.port}`;
    const file = parseCellFile(cellText.replace("ws://127.0.0.1:9090", url), "virtual.yaml");
    // A machine that is busy with other tests is slower than a robot may be left without a word.
    const slow = { stateTimeoutMs: 20_000, frameTimeoutMs: 20_000, commandTimeoutMs: 20_000 };
    const limits = { ...file.limits, ...slow, trackingErrorRad: 10 };
    logPath = join(folder.path, "armed.sqlite");
    recorded = await recordSession({
      logPath,
      session: "s",
      cell: { ...file, limits },
      isArmed: true,
      aim: {
        task: "rope",
        goal: served.goal,
        boxes: {},
        judge: { kind: "geometric" },
        lookEvery: 10,
        plan: {
          planner: { kind: "zeroShot" },
          candidateCount: 3,
          worldModel: { kind: "untrained" },
          primitiveCount: 1,
        },
      },
      durationSeconds: null,
      signal: new AbortController().signal,
      onStatus: () => undefined,
    });
    await served.close();
  }, 180_000);
  afterAll(folder.remove);

  it("ends done, with the zero-shot planner's candidates dreamed and judged before one was chosen", async () => {
    expect(recorded).toMatchObject({ reason: "completed", primitives: ["done"] });
    expect(recorded.status.commandsSent).toBeGreaterThan(50);
    const open = openForTest({ path: logPath, mode: "readonly" });
    const own = await readSession(open.log, "s/primitive-0");
    const verdict = own.get("verification/verdict", verdictGiven);
    expect(own.get("choice", actionChosen).causes).toContain(verdict.position);
    const models = await open.log.read({ session: "s", types: [checkpointImported.type] });
    expect(models.map(({ id }) => id)).toEqual(["s#models/planner", "s#models/worldModel"]);
    await open.close();
  });

  it("was looked at while the arm moved, each look with a verdict or the reason why not", async () => {
    const open = openForTest({ path: logPath, mode: "readonly" });
    const watched = await open.log.read({ session: "s/watch" });
    const looks = watched.filter(({ id }) => /#look\/\d+\/frame$/.test(id));
    expect(looks.length).toBeGreaterThan(3);
    for (const { id } of looks) {
      const roles = watched.filter((event) => event.id.includes(id.replace(/^.*#|frame$/g, "")));
      expect(roles.some((event) => /verdict/.test(event.id))).toBe(true);
    }
    // What was looked at are pictures as the camera sent them.
    const [first] = looks;
    const image = (first!.payload as { image: { blob: { digest: string } } }).image.blob.digest;
    const sent = await open.log.read({ session: "s", types: ["hardware.imageReceived"] });
    expect(sent.map((e) => (e.payload as { bytes: { digest: string } }).bytes.digest)).toContain(
      image,
    );
    await open.close();
  });

  it("replays exactly", async () => {
    expect(await command("replay", logPath, "--jobs", "1")).toContain("verified");
  });

  it("can be branched into the world model from what the camera saw", async () => {
    const open = openForTest({ path: logPath, mode: "readonly" });
    const final = await open.log.read({
      session: "s/primitive-0",
      types: [cameraFrameCaptured.type],
    });
    const { seq } = final.find(({ payload }) => (payload as { phase: string }).phase === "final")!;
    await open.close();
    const at = `s/primitive-0@${String(seq)}`;
    const options = ["--env", "world-model", "--planner", "matcher", "--steps", "1"];
    expect(await command("branch", logPath, at, ...options)).toContain("by the judge");
  });

  it("can be judged again by another judge, and is then whole and replays still", async () => {
    const stdout = await command("rejudge", logPath, "--judge", "geometric:distance=centroid");
    expect(stdout).toContain("recording  s");
    expect(stdout).toMatch(/judged {5}\d+, of them \d+ without a verdict/);
    await command("log", "verify", logPath);
    expect(await command("replay", logPath, "--jobs", "1")).toContain("verified");
  });
});
