import { expect, it } from "vitest";
import { isA } from "../../../src/app/derivations/rule.ts";
import { silentProgress } from "../../../src/app/progress.ts";
import { createScoringCell } from "../../../src/app/regress/scorePlanner.ts";
import { resolveSegmenter } from "../../../src/app/segmenterSpec.ts";
import { maskSegmented } from "../../../src/events/perception.ts";
import { sam2Component } from "../../../src/perception/sam2/loadSam2.ts";
import { createMatcherPlanner } from "../../../src/planning/matcherPlanner.ts";
import { useTemporaryCache } from "../../perception/sam2/temporaryCache.ts";
import { tinyFolder } from "../../perception/sam2/tinyModels.ts";
import { openForTest, temporaryPath } from "../../store/temporaryLog.ts";

useTemporaryCache();

it("lets the segmenter that is named see the starts", async () => {
  const working = { progress: silentProgress, signal: new AbortController().signal };
  const spec = await resolveSegmenter(`sam2:${tinyFolder("samexporter")}`, working);
  const open = openForTest({ path: temporaryPath() });
  const cell = await createScoringCell(spec);
  const start = { task: "cloth", seed: "evaluate/cloth/0" } as const;
  const score = await cell.record(open, "trial", createMatcherPlanner(), start);
  await cell.close();
  expect([0, 0.5, 1]).toContain(score);
  const events = await open.log.read({ session: "trial", limit: 1000 });
  const masks = events.filter((event) => isA(event, maskSegmented));
  expect(masks.map(({ id }) => id)).toEqual(["trial#goal/mask", "trial#start/mask"]);
  for (const { producer } of masks) expect(producer.component).toBe(sam2Component);
});
