import { describe, expect, it, onTestFinished } from "vitest";
import { replayHere } from "../../src/app/logVerifier.ts";
import { silentProgress } from "../../src/app/progress.ts";
import { cellProducer, labellerProducer } from "../../src/app/producers.ts";
import { resolveSegmenter, type SegmenterSpec } from "../../src/app/segmenterSpec.ts";
import { segmentSession, type SegmentRequest } from "../../src/app/segmentSession.ts";
import { closeSession, recorderFor, startSession } from "../../src/app/sessionLifecycle.ts";
import type { RgbImage } from "../../src/core/image.ts";
import { decodeMask } from "../../src/core/maskRuns.ts";
import { cameraFrameCaptured, objectBoxLabelled } from "../../src/events/environment.ts";
import type { StoredEvent } from "../../src/events/envelope.ts";
import type { PayloadOf } from "../../src/events/eventDefinition.ts";
import { maskSegmented } from "../../src/events/perception.ts";
import { boundingBox, intersectionOverUnion, paintScene } from "../perception/syntheticScene.ts";
import { useTemporaryCache } from "../perception/sam2/temporaryCache.ts";
import { tinyFolder } from "../perception/sam2/tinyModels.ts";
import { createFolder, openForTest, temporaryPath } from "../store/temporaryLog.ts";

const session = "lab/000001";
const frameCount = 3;
const quiet = { progress: silentProgress, signal: new AbortController().signal };

useTemporaryCache();

/** A cloth that moves to the right, frame by frame. */
function clothAt(step: number) {
  const left = 130 + 8 * step;
  return paintScene((x, y) =>
    x >= left && x < left + 60 && y >= 70 && y < 115 ? [60, 90, 200] : null,
  );
}

/** A recorded session of camera frames, as an import leaves it; the first with a box, if any. */
async function recordedLog(hasBox: boolean) {
  const open = openForTest({ path: temporaryPath() });
  const recorder = recorderFor({ open }, session);
  await startSession(recorder, { purpose: "import", task: null, seed: "0", settings: {} });
  const capture = async (name: string, phase: "start" | "motion", image: RgbImage) => {
    const stored = await recorder.media.storeImage(image, "image/qoi");
    const payload = { camera: "top", phase, image: stored } as const;
    return recorder.fact(`${name}/frame`, cameraFrameCaptured, payload, { producer: cellProducer });
  };
  for (let step = 0; step < frameCount; step++) {
    const { image, truth } = clothAt(step);
    const frame = await capture(`top/${step}`, step === 0 ? "start" : "motion", image);
    if (step > 0 || !hasBox) continue;
    const box = boundingBox(truth, 6);
    const labelled = { producer: labellerProducer, causes: [frame] };
    await recorder.fact("top/0/box", objectBoxLabelled, { box }, labelled);
  }
  await closeSession(recorder, "completed");
  return open;
}

const specOf = (layout: "nvidia" | "square-zero" | "samexporter", prompt = "") =>
  resolveSegmenter(`sam2:${tinyFolder(layout)}${prompt}`, quiet);
const requestOf = (segmenter: SegmenterSpec): SegmentRequest => ({
  ...{ session, segmenter, name: "sam2", box: null, everyNth: 1 },
});

describe("segmenting a recorded session", () => {
  it("follows the object in a branch, and replays exactly", async () => {
    const open = await recordedLog(true);
    const request = requestOf(await specOf("nvidia"));
    const { branch, masks } = await segmentSession({ open, ...quiet }, request);
    expect(masks.map(({ role }) => role)).toEqual(["top/0", "top/1", "top/2"]);
    for (const [step, { position }] of masks.entries()) {
      const event = (await open.log.get(position)) as StoredEvent<PayloadOf<typeof maskSegmented>>;
      expect(event).toMatchObject({ session: branch, kind: "derived" });
      // Frame, first frame, box, and the frames between.
      expect(event.causes).toHaveLength(step === 0 ? 2 : 2 + step);
      const found = decodeMask(event.payload.mask);
      expect(intersectionOverUnion(found, clothAt(step).truth)).toBeGreaterThan(0.85);
    }
    const { firstDivergence, unknownProducers, byType } = await replayHere(open);
    expect(firstDivergence).toBeNull();
    expect(unknownProducers).toEqual([]);
    expect(byType).toMatchObject([{ type: maskSegmented.type, verified: frameCount }]);
  });

  it("goes on where it was stopped, and ends with the same head", async () => {
    const [whole, stopped] = [await recordedLog(true), await recordedLog(true)];
    const request = requestOf(await specOf("square-zero"));
    await segmentSession({ open: whole, ...quiet }, request);
    const ending = new AbortController();
    const progress = { ...silentProgress, advance: () => ending.abort() };
    const interrupted = segmentSession({ open: stopped, progress, signal: ending.signal }, request);
    await expect(interrupted).rejects.toMatchObject({ code: "INTERRUPTED" });
    await segmentSession({ open: stopped, ...quiet }, request);
    expect(await stopped.log.head()).toBe(await whole.log.head());
  });

  it("looks over the whole frame where nobody drew a box and a grid is the prompt", async () => {
    const open = await recordedLog(false);
    const segmenter = await specOf("samexporter", "?prompt=grid&grid=4");
    const { masks } = await segmentSession({ open, ...quiet }, { ...requestOf(segmenter), everyNth: 2 }); // prettier-ignore
    expect(masks.map(({ role }) => role)).toEqual(["top/0", "top/2"]);
    expect(masks.every(({ areaPx }) => areaPx > 1000)).toBe(true);
  });

  it("asks for a box where the prompt is one and nobody drew it", async () => {
    const open = await recordedLog(false);
    const request = requestOf(await specOf("nvidia"));
    await expect(segmentSession({ open, ...quiet }, request)).rejects.toMatchObject({
      code: "ARGUMENT_INVALID",
      message: expect.stringContaining("--box") as string,
    });
  });

  it("is unknown, not wrong, to a replay on a machine that has not seen the weights", async () => {
    const open = await recordedLog(true);
    await segmentSession({ open, ...quiet }, requestOf(await specOf("nvidia")));
    const former = process.env["DREAMLOG_CACHE"];
    const elsewhere = createFolder();
    onTestFinished(() => {
      process.env["DREAMLOG_CACHE"] = former;
      elsewhere.remove();
    });
    process.env["DREAMLOG_CACHE"] = elsewhere.path;
    const { firstDivergence, unknownProducers } = await replayHere(open);
    expect(firstDivergence).toBeNull();
    expect(JSON.stringify(unknownProducers)).toContain("perception.sam2Segmenter");
  });
});

describe("the name of a run's segmenter", () => {
  it.each([
    ["another kind", "magic", "ARGUMENT_INVALID"],
    ["weights with another digest", `sam2:${tinyFolder("nvidia")}#sha256=${"0".repeat(64)}`, "CHECKPOINT_INVALID"], // prettier-ignore
  ])("is refused: %s", async (_, text, code) => {
    await expect(resolveSegmenter(text, quiet)).rejects.toMatchObject({ code });
  });

  it("stands for the same weights wherever they lie", async () => {
    const spec = await specOf("nvidia");
    expect(JSON.stringify(spec)).not.toContain("fixtures");
    expect(spec).toMatchObject({ kind: "sam2", layout: "nvidia" });
  });
});
