import { expect, it } from "vitest";
import { isA } from "../../../src/app/derivations/rule.ts";
import { silentProgress } from "../../../src/app/progress.ts";
import { resolveSegmenter } from "../../../src/app/segmenterSpec.ts";
import { createVirtualCellWorld } from "../../../src/app/virtualCellWorld.ts";
import { cropWindow, topCamera } from "../../../src/core/cell.ts";
import { createRgbImage, type Box, type RgbImage } from "../../../src/core/image.ts";
import { decodeMask } from "../../../src/core/maskRuns.ts";
import { cameraFrameCaptured, objectBoxLabelled } from "../../../src/events/environment.ts";
import { maskSegmented } from "../../../src/events/perception.ts";
import { createColourSegmenter } from "../../../src/perception/colourSegmenter.ts";
import { sam2Component } from "../../../src/perception/sam2/loadSam2.ts";
import { boundsOf, widened } from "../../../src/perception/sam2/maskBounds.ts";
import { intersectionOverUnion } from "../../perception/syntheticScene.ts";
import { useTemporaryCache } from "../../perception/sam2/temporaryCache.ts";
import { tinyFolder } from "../../perception/sam2/tinyModels.ts";
import { openForTest, temporaryPath } from "../../store/temporaryLog.ts";
import { command, eventsOf, recordDry, serveCell } from "./liveScene.ts";

const quiet = { progress: silentProgress, signal: new AbortController().signal };

useTemporaryCache();

/** Where the object is, as the embedded segmenter sees it. */
async function seenIn(image: RgbImage) {
  const { mask } = await createColourSegmenter().begin(image, cropWindow(topCamera));
  return mask;
}

async function boxIn(image: RgbImage): Promise<Box> {
  return widened(boundsOf(await seenIn(image))!, 8);
}

/** What the camera of a cell sees before anything has moved. */
async function firstPicture(): Promise<RgbImage> {
  const world = await createVirtualCellWorld("cloth", "0");
  const { widthPx, heightPx, rgb } = await world.picture();
  world.close();
  return createRgbImage(widthPx, heightPx, rgb);
}

it("is seen by SAM2 as it comes, and replayed, branched and judged again", async () => {
  const cell = await serveCell("cloth");
  const first = await firstPicture();
  const boxes = { start: await boxIn(first), goal: await boxIn(cell.goal) };
  const segmenter = await resolveSegmenter(`sam2:${tinyFolder("samexporter")}`, quiet);
  const logPath = temporaryPath("live.sqlite");
  const recorded = await recordDry(cell, logPath, {
    ...{ task: "cloth", boxes, segmenter, judge: { kind: "geometric" }, lookEvery: 1 },
    plan: {
      ...{ planner: { kind: "matcher" }, candidateCount: 2, worldModel: null, primitiveCount: 2 },
    },
  });
  expect(recorded).toMatchObject({ reason: "completed", primitives: ["done", "done"] });

  const open = openForTest({ path: logPath, mode: "readonly" });
  const watch = await eventsOf(open.log, "s/watch");
  const masks = watch.filter((event) => isA(event, maskSegmented));
  expect(masks.length).toBeGreaterThan(3);
  expect(new Set(masks.map(({ producer }) => producer.component))).toEqual(
    new Set([sam2Component]),
  );
  const seen = masks.find(({ id }) => id.endsWith("start/mask"))!.payload.mask;
  expect(intersectionOverUnion(decodeMask(seen), await seenIn(first))).toBeGreaterThan(0.8);

  // The operator's box held for the first primitive; the second begins from where the object was seen.
  const labellersOf = async (session: string) =>
    (await eventsOf(open.log, session))
      .filter((event) => isA(event, objectBoxLabelled))
      .map(({ id, producer }) => `${id.slice(session.length)} ${producer.component}`);
  expect(await labellersOf("s/primitive-0")).toEqual(["#goal/box label.operator", "#start/box label.operator"]); // prettier-ignore
  expect(await labellersOf("s/primitive-1")).toEqual(["#goal/box label.operator", "#start/box label.lastSeen"]); // prettier-ignore
  const final = (await eventsOf(open.log, "s/primitive-0")).find(
    (event) => isA(event, cameraFrameCaptured) && event.payload.phase === "final",
  )!;
  await open.close();

  expect(await command("replay", logPath, "--jobs", "1")).toContain("verified");
  const options = ["--env", "world-model", "--planner", "matcher", "--steps", "1"];
  const at = `s/primitive-0@${String(final.seq)}`;
  expect(await command("branch", logPath, at, ...options)).toContain("by the judge");
  const rejudged = await command("rejudge", logPath, "--judge", "geometric:distance=centroid");
  expect(rejudged).toContain("recording  s");

  const after = openForTest({ path: logPath, mode: "readonly" });
  const branches = (await after.log.sessions("s/primitive-0~")).map(({ id }) => id);
  const branched = (await Promise.all(branches.map((id) => eventsOf(after.log, id)))).flat();
  const mask = branched.find((event) => isA(event, maskSegmented));
  expect(mask?.producer.component).toBe(sam2Component);
  await after.close();
}, 240_000);
