import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { runCli } from "../../src/cli/runCli.ts";
import { createFolder, openForTest } from "../store/temporaryLog.ts";
import { recordSession } from "../exchange/recordedSession.ts";
import { captureOutput } from "./captureOutput.ts";

/** A folder with a log of one session in it. */
async function folderWithLog() {
  const folder = createFolder();
  onTestFinished(folder.remove);
  const log = join(folder.path, "log.sqlite");
  const open = openForTest({ path: log });
  await recordSession(open, { session: "seed-0/collect/rope/00000" });
  await open.close();
  return { log, at: (name: string) => join(folder.path, name) };
}

describe("dreamlog export and import", () => {
  it("take preferences out of a log and back into another", async () => {
    const { log, at } = await folderWithLog();
    const out = await captureOutput(() =>
      runCli(["export", "swift", log, "--to", at("pairs"), "--json"]),
    );
    expect(out.result).toBe(0);
    expect(JSON.parse(out.stdout)).toMatchObject({ counts: { pairs: 2, prompts: 1, images: 2 } });
    const back = await captureOutput(() =>
      runCli(["import", "swift", at("pairs"), "--to", at("other.sqlite"), "--json"]),
    );
    expect(JSON.parse(back.stdout)).toMatchObject({ session: "pairs", pairs: 2 });
  });

  it("take episodes out of a log and back into another", async () => {
    const { log, at } = await folderWithLog();
    const to = ["--to", at("set"), "--video", "lossless"];
    const out = await captureOutput(() => runCli(["export", "lerobot", log, ...to]));
    expect(out.result).toBe(0);
    expect(out.stdout).toMatch(/^episodes {2}1\nframes {4}13\n/);
    const back = await captureOutput(() =>
      runCli(["import", "lerobot", at("set"), "--to", at("other.sqlite"), "--json"]),
    );
    expect(JSON.parse(back.stdout)).toMatchObject({ sessions: 1, pictures: 4 });
  });

  it.each(["lerobot", "llamafactory", "swift", "trl"])(
    "leave no log behind where there is no %s data set to import",
    async (format) => {
      const { at } = await folderWithLog();
      const { result, stderr } = await captureOutput(() =>
        runCli(["import", format, at("nowhere"), "--to", at("other.sqlite")]),
      );
      expect(result).toBe(1);
      expect(stderr).toMatch(/^DATASET_INVALID: /);
      expect(existsSync(at("other.sqlite"))).toBe(false);
    },
  );

  it.each([
    ["names a video outside of its folder", { video_path: "../{chunk_index}.mp4" }],
    ["names a video that is not there", { video_path: "videos/{chunk_index}.mp4" }],
    ["names rows outside of its folder", { data_path: "../{chunk_index}.parquet" }],
    ["is of no version that is known", { codebase_version: "v1.6" }],
  ])("leave no log behind of a LeRobot data set that %s", async (_what, change) => {
    const { log, at } = await folderWithLog();
    const out = ["--to", at("set"), "--video", "copy"];
    await captureOutput(() => runCli(["export", "lerobot", log, ...out]));
    const info = join(at("set"), "meta/info.json");
    const said = JSON.parse(readFileSync(info, "utf8")) as object;
    writeFileSync(info, JSON.stringify({ ...said, ...change }));
    const { result, stderr } = await captureOutput(() =>
      runCli(["import", "lerobot", at("set"), "--to", at("other.sqlite")]),
    );
    expect(result).toBe(1);
    expect(stderr).toMatch(/^DATASET_INVALID: /);
    expect(readdirSync(at("")).filter((name) => name.startsWith("other"))).toEqual([]);
  });

  it.each([
    ["export", "llamafactory"],
    ["export", "lerobot"],
    ["export", "mcap"],
    ["import", "lerobot"],
    ["import", "trl"],
    ["stand-in"],
  ])("%s %s says how it is used, within 80 columns", async (...words) => {
    const { stdout, result } = await captureOutput(() => runCli([...words, "--help"]));
    expect(result).toBe(0);
    expect(stdout).toContain("Example:");
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it("fail with one line when a folder holds something else", async () => {
    const { log, at } = await folderWithLog();
    await captureOutput(() => runCli(["export", "trl", log, "--to", at("pairs")]));
    const { result, stderr } = await captureOutput(() =>
      runCli(["export", "mcap", log, "--to", at("pairs")]),
    );
    expect(result).toBe(1);
    expect(stderr).toMatch(/^ARGUMENT_INVALID: expected an empty folder or a mcap export.*trl/m);
  });
});
