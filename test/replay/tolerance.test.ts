import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { replayHere } from "../../src/app/logVerifier.ts";
import { ruleOf } from "../../src/app/derivations/registry.ts";
import { createReplayTools } from "../../src/app/derivations/replayTools.ts";
import type { PayloadOf } from "../../src/events/eventDefinition.ts";
import { dreamImagined } from "../../src/events/dreaming.ts";
import { planProposed } from "../../src/events/planning.ts";
import { loadImage, storeImage } from "../../src/media/storedImage.ts";
import { createMediaShelf, type MediaShelf } from "../../src/media/mediaShelf.ts";
import type { BlobStore } from "../../src/ports/blobStore.ts";
import { distanceOf, toleranceFor, tolerances } from "../../replay/tolerance.ts";
import type { OpenLog } from "../../store/openLog.ts";
import { createMemoryLog } from "../../store/openLog.ts";
import { ManualClock } from "../../src/core/clock.ts";
import { goldenCopy, openCopy, rewriteLog, type Change } from "./goldenCopies.ts";

const elsewhere = "onnxruntime 1.30.0; another machine; 1 thread";
const modelTypes = [planProposed.type, dreamImagined.type];

let golden: Awaited<ReturnType<typeof goldenCopy>>;
let original: OpenLog;

beforeAll(async () => {
  golden = await goldenCopy("toy");
  original = openCopy(golden.path);
});

afterAll(async () => {
  await original.close();
  golden.remove();
});

/**
 * The golden log as another machine would have recorded it: its models' results are what this machine
 * computes, `off` by so much.
 */
async function recordedElsewhere(off: { readonly logProbability: number; readonly level: number }) {
  const to = createMemoryLog({ clock: new ManualClock(0) });
  const payloads = new Map<string, unknown>();
  const tools = createReplayTools({ ...original, media: createMediaShelf(original.blobs) });
  for (const event of await original.log.read({ types: modelTypes, limit: 1000 })) {
    if (event.producer.fingerprint === null) continue;
    const causes = await Promise.all(event.causes.map(async (at) => (await original.log.get(at))!));
    // Dreams are stored in the new log, where they are loaded from to be perturbed.
    const shelf = createMediaShelf(to.blobs);
    const storeInto: MediaShelf["storeImage"] = (image, type) => shelf.storeImage(image, type);
    const media = { ...tools.media, storeImage: storeInto };
    const rule = ruleOf(event.type, event.producer.component)!;
    const [payload] = await rule.compute([{ ...event, causes }], { ...tools, media });
    payloads.set(event.id, await perturbed(to.blobs, payload, off));
  }
  await tools.close();
  await rewriteLog(original, to, ({ id, producer }): Change => {
    const here = producer.fingerprint !== null;
    const changed = here ? { producer: { ...producer, fingerprint: elsewhere } } : {};
    return payloads.has(id) ? { ...changed, payload: payloads.get(id) } : changed;
  });
  return to;
}

async function perturbed(
  blobs: BlobStore,
  payload: unknown,
  off: { readonly logProbability: number; readonly level: number },
): Promise<unknown> {
  if ("candidates" in (payload as object)) {
    const { candidates } = payload as PayloadOf<typeof planProposed>;
    const moved = candidates.map(({ action, logProbability }) => ({
      action,
      logProbability: logProbability! + off.logProbability,
    }));
    return { candidates: moved };
  }
  const dream = payload as PayloadOf<typeof dreamImagined>;
  const image = await loadImage(blobs, dream.frames);
  const pixels = image.pixels.map((level) => (level > 128 ? level - off.level : level));
  const frames = await storeImage(blobs, { ...image, pixels }, "image/qoi");
  return { ...dream, frames: { ...frames, frameCount: dream.frames.frameCount } };
}

describe("promise 6: a log of another numeric fingerprint", () => {
  it("is within tolerance when its models' results are as near as the tolerance asks, and the report says so aloud", async () => {
    const near = await recordedElsewhere({ logProbability: 5e-5, level: 2 });
    const { byType, tolerated, firstDivergence } = await replayHere(near, { types: modelTypes });
    expect(firstDivergence).toBeNull();
    const dreams = byType.find(({ type }) => type === dreamImagined.type);
    expect(dreams).toMatchObject({ verified: 0, withinTolerance: 3, diverged: 0 });
    expect(tolerated).toContainEqual(
      expect.objectContaining({
        ...{ type: dreamImagined.type, field: "frames", limit: 3, largest: 2, events: 3 },
        fingerprintRecorded: elsewhere,
      }),
    );
    expect(tolerated.map(({ field }) => field)).toContain("candidates[].logProbability");
  });

  it("has diverged when a picture is off by more", async () => {
    const far = await recordedElsewhere({ logProbability: 0, level: 4 });
    const { byType, firstDivergence } = await replayHere(far, { types: modelTypes });
    expect(byType.find(({ type }) => type === dreamImagined.type)).toMatchObject({ diverged: 3 });
    expect(firstDivergence).toMatchObject({ type: dreamImagined.type, field: "frames" });
    expect(firstDivergence?.found).toContain("off by 4");
  });

  it("has diverged when a number is off by more", async () => {
    const far = await recordedElsewhere({ logProbability: 2e-3, level: 0 });
    const { firstDivergence } = await replayHere(far, { types: modelTypes });
    expect(firstDivergence).toMatchObject({ type: planProposed.type, field: "candidates[0].logProbability" }); // prettier-ignore
  });

  it("is verified, not tolerated, where nothing differs", async () => {
    const same = await recordedElsewhere({ logProbability: 0, level: 0 });
    const { byType, tolerated } = await replayHere(same, { types: modelTypes });
    expect(tolerated).toEqual([]);
    for (const { withinTolerance, diverged } of byType) expect(withinTolerance + diverged).toBe(0);
  });
});

describe("the tolerances", () => {
  it("are for results of models only: no exact component has one", () => {
    const types = new Set(tolerances.map(({ type }) => type));
    expect([...types].sort()).toEqual([
      "dreaming.dreamImagined",
      "learning.checkpointTrained",
      "perception.maskSegmented",
      "perception.trackRemembered",
      "planner.planProposed",
    ]);
  });

  it("take what is no number for far away", async () => {
    const tolerance = toleranceFor(planProposed.type, "candidates[0].logProbability")!;
    const nothing = () => Promise.reject(new Error("no pictures are compared"));
    const evidence = { samplesOf: nothing, bytesOf: nothing };
    const difference = { kind: "value", field: "", expected: -1, found: NaN } as const;
    expect(await distanceOf(difference, tolerance, evidence)).toBe(Infinity);
  });

  it("leave the candidates themselves no room", () => {
    expect(toleranceFor("planner.planProposed", "candidates[2].action.source")).toBeUndefined();
    expect(toleranceFor("planner.planProposed", "candidates[2].logProbability")?.limit).toBe(1e-4);
  });
});
