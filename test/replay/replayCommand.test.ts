import { copyFileSync, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cropTaken, maskSegmented } from "../../src/events/perception.ts";
import { primitiveCompiled } from "../../src/events/planning.ts";
import type { StoredEvent } from "../../src/events/envelope.ts";
import type { PayloadOf } from "../../src/events/eventDefinition.ts";
import { createSystemClock } from "../../src/core/clock.ts";
import { digestBytes } from "../../src/core/digest.ts";
import { createRgbImage } from "../../src/core/image.ts";
import { cameraFrameCaptured } from "../../src/events/environment.ts";
import { cellProducer } from "../../src/app/producers.ts";
import { closeSession, recorderFor, startSession } from "../../src/app/sessionLifecycle.ts";
import type { ReplayReport } from "../../src/app/replayFile.ts";
import { pruneLog } from "../../src/app/pruneLog.ts";
import { runCli } from "../../src/cli/runCli.ts";
import { openLog } from "../../store/openLog.ts";
import { captureOutput } from "../cli/captureOutput.ts";
import { tamper } from "../store/rawConnection.ts";
import { goldenCopy, openCopy, rewriteLog, type Change } from "./goldenCopies.ts";

let golden: Awaited<ReturnType<typeof goldenCopy>>;

beforeAll(async () => {
  golden = await goldenCopy("cloth");
});

afterAll(() => golden.remove());

async function replay(...words: readonly string[]) {
  process.exitCode = undefined;
  try {
    return await captureOutput(() => runCli(["replay", ...words]));
  } finally {
    process.exitCode = undefined;
  }
}

/** The golden log, forged, as a file of its own. */
async function forgedLog(name: string, change: (event: StoredEvent) => Change): Promise<string> {
  const path = join(golden.folder, name);
  const from = openCopy(golden.path);
  const to = openLog({ path, clock: createSystemClock() });
  await rewriteLog(from, to, change);
  await to.close();
  await from.close();
  return path;
}

const quick = ["--only", "mask,keypoints,crop", "--jobs", "1"];

describe("dreamlog replay", () => {
  it("exits 0 when everything is as recorded, with the same report for one job and two", async () => {
    const one = await replay(golden.path, "--json", "--jobs", "1");
    const two = await replay(golden.path, "--json", "--jobs", "2");
    expect([one.result, two.result]).toEqual([0, 0]);
    expect(JSON.parse(two.stdout)).toEqual(JSON.parse(one.stdout));
    const report = JSON.parse(one.stdout) as ReplayReport;
    expect(report).toMatchObject({ outcome: "verified", firstDivergence: null });
    expect(report.digests.isSound).toBe(true);
  });

  it("calls what was pruned unknown, and nothing diverged", async () => {
    const path = join(golden.folder, "pruned.sqlite");
    copyFileSync(golden.path, path);
    await pruneLog({ path, clock: createSystemClock(), keep: ["golden/cloth/checkpoints"] });
    const { result, stdout } = await replay(path, "--json", "--jobs", "2");
    expect(result).toBe(1);
    const report = JSON.parse(stdout) as ReplayReport;
    expect(report).toMatchObject({ outcome: "incomplete", firstDivergence: null, diverged: [] });
    const reasons = report.unknownProducers.map(({ reason }) => reason);
    expect(new Set(reasons)).toEqual(
      new Set(["what it shows or was made of was pruned from the log"]),
    );
  });

  it("names the same divergences for one job and two, the first of them first", async () => {
    const forgedIds: string[] = [];
    const path = await forgedLog("several.sqlite", (event) => {
      if (event.type !== primitiveCompiled.type) return {};
      forgedIds.push(event.id);
      const payload = event.payload as PayloadOf<typeof primitiveCompiled>;
      return { payload: { ...payload, candidate: payload.candidate + 7 } };
    });
    const only = ["--only", "primitive,arm,verdict", "--json"];
    const one = await replay(path, ...only, "--jobs", "1");
    const two = await replay(path, ...only, "--jobs", "2");
    expect([one.result, two.result]).toEqual([1, 1]);
    expect(JSON.parse(two.stdout)).toEqual(JSON.parse(one.stdout));
    const { firstDivergence, diverged } = JSON.parse(one.stdout) as ReplayReport;
    expect(firstDivergence?.id).toBe(forgedIds[0]);
    expect(diverged.length).toBeGreaterThanOrEqual(forgedIds.length);
    expect(forgedIds.length).toBeGreaterThan(1);
  });

  it("replays one session with what it shares with its parent", async () => {
    const { stdout, result } = await replay(
      golden.path,
      "golden/cloth/matcher",
      "--json",
      ...quick,
    );
    expect(result).toBe(0);
    const { byType, isWhole } = JSON.parse(stdout) as ReplayReport;
    expect(byType.map(({ type }) => type)).toContain(maskSegmented.type);
    expect(isWhole).toBe(false);
  });

  it("checks digests only when told to trust the memo", async () => {
    const { stdout, result } = await replay(golden.path, "--trust-memo", "--json");
    expect(result).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      outcome: "verified",
      isRecomputed: false,
      byType: [],
    });
  });

  it("exits 1 and shows the first divergence to a person, with a picture of both and their difference", async () => {
    const path = await forgedLog("mask.sqlite", (event) => {
      if (!event.id.endsWith("#start/mask")) return {};
      const { mask } = event.payload as PayloadOf<typeof maskSegmented>;
      const runs = mask.runs.slice();
      runs[1]! += 40;
      runs[2]! -= 40;
      return { payload: { mask: { ...mask, areaPx: mask.areaPx + 40, runs } } };
    });
    const out = join(golden.folder, "pictures");
    const { stdout, result } = await replay(path, ...quick, "--out", out);
    expect(result).toBe(1);
    expect(stdout).toContain("first divergence");
    expect(stdout).toMatch(/event +golden\/cloth#start\/mask/);
    expect(stdout).toMatch(/field +mask\.areaPx/);
    expect(stdout).toMatch(/expected +\d+ \(the log\)/);
    expect(stdout).toMatch(/recorded +perception\.colourSegmenter version 1/);
    for (const line of stdout.split("\n")) if (!line.includes(out)) expect(line.length).toBeLessThanOrEqual(80); // prettier-ignore
    expect(readdirSync(out)).toEqual([expect.stringMatching(/^divergence-\d+-mask\.png$/)]);
  });

  it("writes pictures of crops that differ", async () => {
    let goalImage: unknown;
    const path = await forgedLog("crop.sqlite", (event) => {
      if (event.type !== cropTaken.type) return {};
      const payload = event.payload as PayloadOf<typeof cropTaken>;
      if (event.id.includes("#goal/")) goalImage = payload.image;
      return event.id.includes("#start/") ? { payload: { ...payload, image: goalImage } } : {};
    });
    const out = join(golden.folder, "crops");
    const { result } = await replay(path, "--only", "crop", "--jobs", "1", "--out", out);
    expect(result).toBe(1);
    expect(readdirSync(out)).toEqual([expect.stringMatching(/^divergence-\d+-image\.png$/)]);
  });

  it("names a model that is not at hand, and does not pass what it made", async () => {
    const path = await forgedLog("model.sqlite", (event) =>
      event.type === "planner.planProposed" && event.producer.model !== null
        ? { producer: { ...event.producer, model: "0".repeat(64) as never } }
        : {},
    );
    const { stdout, result } = await replay(path, "--only", "plan", "--json", "--jobs", "1");
    expect(result).toBe(1);
    const report = JSON.parse(stdout) as ReplayReport;
    expect(report).toMatchObject({ outcome: "incomplete", firstDivergence: null });
    expect(report.unknownProducers[0]?.component).toBe("planning.keypointPolicy");
    expect(report.unknownProducers[0]?.reason).toContain("BLOB_MISSING");
  });

  it("names a component of another version", async () => {
    const path = await forgedLog("version.sqlite", (event) =>
      event.type === maskSegmented.type ? { producer: { ...event.producer, version: 7 } } : {},
    );
    const { stdout, result } = await replay(path, "--only", "mask", "--jobs", "1");
    expect(result).toBe(1);
    expect(stdout).toContain("perception.colourSegmenter version 7: here it is version 1");
  });

  it("locates a byte that was changed in the file", async () => {
    const path = await forgedLog("byte.sqlite", () => ({}));
    tamper(path, (database) => {
      const { payload } = database
        .prepare<[], { payload: Buffer }>("SELECT payload FROM events WHERE position = 9")
        .get()!;
      payload[payload.length - 1]! ^= 1;
      database.prepare("UPDATE events SET payload = ? WHERE position = 9").run(payload);
    });
    const { stdout, result } = await replay(path, "--jobs", "1", "--only", "score", "--json");
    expect(result).toBe(1);
    const { digests, outcome } = JSON.parse(stdout) as ReplayReport;
    expect(outcome).toBe("diverged");
    expect(digests.problems.map(({ position }) => position)).toContain(9);
  });

  it("holds what a camera saw and nothing was derived from to its samples only if asked", async () => {
    const path = await forgedLog("seen.sqlite", () => ({}));
    const open = openLog({ path, clock: createSystemClock() });
    const recorder = recorderFor({ open }, "seen");
    const start = { purpose: "watch", task: null, seed: "seen", settings: {} };
    await startSession(recorder, start);
    const image = await recorder.media.storeImage(createRgbImage(64, 48), "image/jpeg");
    const otherwise = { ...image, decoded: digestBytes(new Uint8Array(3)) };
    const payload = { camera: "top", phase: "motion" as const, image: otherwise };
    const seen = await recorder.fact("frame", cameraFrameCaptured, payload, {
      producer: cellProducer,
    });
    await closeSession(recorder, "completed");
    await open.close();

    const quickly = await replay(path, "seen", "--jobs", "1");
    expect(quickly.result).toBe(0);
    const wholly = await replay(path, "seen", "--jobs", "1", "--all-pictures", "--json");
    expect(wholly.result).toBe(1);
    const { firstDivergence } = JSON.parse(wholly.stdout) as ReplayReport;
    expect(firstDivergence).toMatchObject({ position: seen.position, field: "(media)" });
  });

  it("refuses what it cannot replay with a typed error", async () => {
    const unknown = await replay(golden.path, "golden/rope");
    expect(unknown.result).toBe(1);
    expect(unknown.stderr).toContain("SESSION_UNKNOWN");
    const missing = await replay(join(golden.folder, "none.sqlite"));
    expect(missing.stderr).toContain("LOG_MISSING");
    expect(existsSync(join(golden.folder, "none.sqlite"))).toBe(false);
    const name = await replay(golden.path, "--only", "masks");
    expect(name.result).toBe(1);
    expect(name.stderr).toContain("ARGUMENT_INVALID");
    const both = await replay(golden.path, "--trust-memo", "--all-pictures");
    expect(both.result).toBe(2);
    expect(both.stderr).toContain("cannot be used with");
  });
});
