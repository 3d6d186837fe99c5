import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { isA } from "../../../src/app/derivations/rule.ts";
import type { LiveAim } from "../../../src/app/live/pursueAim.ts";
import { silentProgress } from "../../../src/app/progress.ts";
import { resolveSegmenter } from "../../../src/app/segmenterSpec.ts";
import { cameraFrameCaptured } from "../../../src/events/environment.ts";
import { verdictGiven } from "../../../src/events/judging.ts";
import { keypointsSampled, maskSegmented } from "../../../src/events/perception.ts";
import { encodePng } from "../../../src/media/imageFormat.ts";
import { sam2Component } from "../../../src/perception/sam2/loadSam2.ts";
import { useTemporaryCache } from "../../perception/sam2/temporaryCache.ts";
import { tinyFolder } from "../../perception/sam2/tinyModels.ts";
import { openForTest, temporaryPath } from "../../store/temporaryLog.ts";
import { command, eventsOf, recordDry, serveCell } from "./liveScene.ts";

const quiet = { progress: silentProgress, signal: new AbortController().signal };
const timeoutMs = 180_000;

useTemporaryCache();

const following = {
  ...{ task: "cloth", goal: null, boxes: {}, judge: { kind: "geometric" }, lookEvery: 2 },
  plan: null,
} as const satisfies LiveAim;

/** Records a session that only follows the object, until it has been looked at some times. */
async function follow(aim: LiveAim) {
  const cell = await serveCell("cloth");
  const logPath = temporaryPath("live.sqlite");
  const ending = new AbortController();
  const recorded = await recordDry(cell, logPath, aim, {
    signal: ending.signal,
    onStatus: ({ looks }) => {
      if (looks >= 4) ending.abort();
    },
  });
  return { cell, logPath, recorded };
}

async function watchOf(logPath: string) {
  const open = openForTest({ path: logPath, mode: "readonly" });
  const events = await eventsOf(open.log, "s/watch");
  await open.close();
  return events;
}

describe("a live session without a goal", () => {
  it(
    "follows the object, judges nothing, replays exactly, and is branched towards a goal given later",
    async () => {
      const { cell, logPath, recorded } = await follow(following);
      expect(recorded.status.lastLook!.areaPx).toBeGreaterThan(1000);
      expect(recorded.status.lastLook!.distance).toBeNull();

      const watch = await watchOf(logPath);
      // Of pictures that are the same to the bit, a mask is derived once and then reused.
      expect(
        watch.filter(({ id }) => /#(reused\/)?look\/\d+\/mask$/.test(id)).length,
      ).toBeGreaterThan(3);
      expect(watch.filter((event) => isA(event, keypointsSampled))).toHaveLength(1);
      expect(watch.filter((event) => isA(event, verdictGiven))).toEqual([]);
      expect(watch.at(-1)).toMatchObject({ payload: { reason: "completed" } });
      expect(await command("replay", logPath, "--jobs", "1")).toContain("verified");

      const { seq } = watch.find((event) => isA(event, cameraFrameCaptured))!;
      const at = ["branch", logPath, `s/watch@${String(seq)}`, "--env", "world-model"];
      await expect(command(...at, "--planner", "matcher")).rejects.toThrow(
        "NO_OBSERVATION: session s/watch: expected a goal to work towards, found none; name a picture of one with --goal",
      );
      const goal = temporaryPath("goal.png");
      writeFileSync(goal, await encodePng(cell.goal));
      const name = ["--name", "later"];
      expect(await command(...at, "--planner", "matcher", "--goal", goal, ...name)).toContain(
        "by the judge",
      );
      // Whoever branches again finds the goal in what is shared.
      const open = openForTest({ path: logPath, mode: "readonly" });
      const step = await eventsOf(open.log, "s/watch~later/1");
      await open.close();
      const dreamed = step.findLast(({ id }) => id.endsWith("final/crop/objectOnly"))!;
      const again = `s/watch~later/1@${String(dreamed.seq)}`;
      const options = ["--env", "world-model", "--planner", "matcher"];
      expect(await command("branch", logPath, again, ...options)).toContain("by the judge");
      await command("log", "verify", logPath);
      expect(await command("replay", logPath, "--jobs", "1")).toContain("verified");
    },
    timeoutMs,
  );

  it(
    "is followed by SAM2 from clicks in its first picture, and by another segmenter afterwards",
    async () => {
      const points = "480,270";
      const spec = `sam2:${tinyFolder("samexporter")}?prompt=points&points=${points}`;
      const segmenter = await resolveSegmenter(spec, quiet);
      const { logPath } = await follow({ ...following, segmenter });
      const masks = (await watchOf(logPath)).filter((event) => isA(event, maskSegmented));
      expect(masks.length).toBeGreaterThan(4);
      expect(new Set(masks.map(({ producer }) => producer.component))).toEqual(
        new Set([sam2Component]),
      );
      expect(await command("replay", logPath, "--jobs", "1")).toContain("verified");
      const branched = await command("segment", logPath, "s/watch", "--segmenter", "colour");
      expect(branched).toContain("s/watch~colour");
      expect(await command("replay", logPath, "--jobs", "1")).toContain("verified");
    },
    timeoutMs,
  );

  it(
    "records on where nothing is to be followed, and says why",
    async () => {
      const corner = { start: { x: 0, y: 0, width: 8, height: 8 } };
      const cell = await serveCell("cloth");
      const logPath = temporaryPath("live.sqlite");
      const ending = new AbortController();
      let statuses = 0;
      const recorded = await recordDry(cell, logPath, { ...following, boxes: corner }, {
        signal: ending.signal,
        onStatus: () => {
          if (++statuses > 8) ending.abort();
        },
      }); // prettier-ignore
      expect(recorded).toMatchObject({ reason: "interrupted", status: { lastLook: null } });
      expect(recorded.status.unseen).toContain("MASK_EMPTY: ");
      expect((await watchOf(logPath)).at(-1)!.payload).toMatchObject({
        reason: "failed",
        note: expect.stringContaining("MASK_EMPTY") as string,
      });
    },
    timeoutMs,
  );
});
