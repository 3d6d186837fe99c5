import { describe, expect, it } from "vitest";
import { ManualClock } from "../../src/core/clock.ts";
import { decodeMask, encodeMask } from "../../src/core/maskRuns.ts";
import { replayHere } from "../../src/app/logVerifier.ts";
import { silentProgress } from "../../src/app/progress.ts";
import { cellProducer, labellerProducer } from "../../src/app/producers.ts";
import { resolveSegmenter } from "../../src/app/segmenterSpec.ts";
import { segmentSession } from "../../src/app/segmentSession.ts";
import { closeSession, recorderFor, startSession } from "../../src/app/sessionLifecycle.ts";
import { cameraFrameCaptured, objectBoxLabelled } from "../../src/events/environment.ts";
import type { PayloadOf } from "../../src/events/eventDefinition.ts";
import type { BlobRef } from "../../src/events/media.ts";
import { maskSegmented, trackRemembered } from "../../src/events/perception.ts";
import { isA } from "../../src/app/derivations/rule.ts";
import { createMemoryLog, type OpenLog } from "../../store/openLog.ts";
import { boundingBox, paintScene } from "../perception/syntheticScene.ts";
import { useTemporaryCache } from "../perception/sam2/temporaryCache.ts";
import { tinyFolder } from "../perception/sam2/tinyModels.ts";
import { rewriteLog } from "./goldenCopies.ts";

const elsewhere = "onnxruntime 1.30.0; another machine; 1 thread";
const types = [maskSegmented.type, trackRemembered.type];
/** As many frames as a track goes on from an event of its memory, and one mask after it. */
const frameCount = 18;
const quiet = { progress: silentProgress, signal: new AbortController().signal };

useTemporaryCache();

let recorded: Promise<OpenLog> | undefined;
/** A session that a tiny model followed a moving cloth through; remembered are numbers and a mask. */
function track(): Promise<OpenLog> {
  return (recorded ??= recordTrack());
}

async function recordTrack(): Promise<OpenLog> {
  const open = createMemoryLog({ clock: new ManualClock(0) });
  const recorder = recorderFor({ open }, "watch");
  await startSession(recorder, { purpose: "test", task: null, seed: "0", settings: {} });
  for (let step = 0; step < frameCount; step++) {
    const left = 130 + 2 * step;
    const { image, truth } = paintScene((x, y) =>
      x >= left && x < left + 60 && y >= 70 && y < 115 ? [60, 90, 200] : null,
    );
    const stored = await recorder.media.storeImage(image, "image/qoi");
    const payload = { camera: "top", phase: step === 0 ? "start" : "motion", image: stored } as const; // prettier-ignore
    const made = { producer: cellProducer };
    const frame = await recorder.fact(`${step}/frame`, cameraFrameCaptured, payload, made);
    if (step > 0) continue;
    const labelled = { producer: labellerProducer, causes: [frame] };
    await recorder.fact("0/box", objectBoxLabelled, { box: boundingBox(truth, 6) }, labelled);
  }
  await closeSession(recorder, "completed");
  const segmenter = await resolveSegmenter(`sam2:${tinyFolder("samexporter")}`, quiet);
  await segmentSession(
    { open, ...quiet },
    { session: "watch", segmenter, name: "sam2", box: null, everyNth: 1 },
  );
  return open;
}

/** What another machine made otherwise. */
interface Otherwise {
  /** Share that every number of a memory is larger or smaller by. */
  readonly share: number;
  /** Pixels of each mask that changed sides, in memories as well. */
  readonly pixels: number;
  readonly fingerprint?: string;
}

async function recordedElsewhere(
  from: OpenLog,
  { share, pixels, fingerprint = elsewhere }: Otherwise,
): Promise<OpenLog> {
  const to = createMemoryLog({ clock: new ManualClock(0) });
  const changedArray = async ({ digest, mediaType }: BlobRef) => {
    const bytes = (await from.blobs.get(digest)).slice();
    if (mediaType === "application/octet-stream") punchHole(bytes, pixels);
    else {
      const numbers = new Float32Array(bytes.buffer);
      numbers.forEach((value, at) => (numbers[at] = value * (1 + (at % 2 === 0 ? share : -share))));
    }
    return to.blobs.put(bytes, mediaType);
  };
  const payloads = new Map<string, unknown>();
  for (const event of await from.log.read({ types, limit: 1000 })) {
    if (isA(event, trackRemembered)) {
      const arrays: BlobRef[] = [];
      for (const blob of event.payload.arrays) arrays.push(await changedArray(blob));
      payloads.set(event.id, { ...event.payload, arrays });
    } else if (isA(event, maskSegmented)) payloads.set(event.id, withPixels(event.payload, pixels));
  }
  await rewriteLog(from, to, ({ id, producer }) =>
    payloads.has(id) ? { payload: payloads.get(id), producer: { ...producer, fingerprint } } : {},
  );
  return to;
}

function withPixels({ mask }: PayloadOf<typeof maskSegmented>, count: number) {
  const decoded = decodeMask(mask);
  const bits = decoded.bits.slice();
  punchHole(bits, count);
  return { mask: encodeMask({ ...decoded, bits }) };
}

/** Clears pixels in the middle of the object, a row that is long enough. */
function punchHole(bits: Uint8Array, count: number): void {
  const middle = bits.length >> 1;
  const from = bits.findIndex((bit, at) => at > middle && bit === 1);
  bits.fill(0, from, from + count);
}

describe("what SAM2 remembers, of another fingerprint,", () => {
  it("is within tolerance where its numbers and masks are near, and the report says by how much", async () => {
    const near = await recordedElsewhere(await track(), { share: 1e-3, pixels: 5 });
    const { byType, tolerated, firstDivergence } = await replayHere(near, { types });
    expect(firstDivergence).toBeNull();
    expect(byType).toMatchObject([
      { type: maskSegmented.type, withinTolerance: frameCount, diverged: 0 },
      { type: trackRemembered.type, withinTolerance: 1, diverged: 0 },
    ]);
    expect(tolerated.map(({ field, limit }) => [field, limit])).toEqual([
      ["mask", 0.01],
      ["arrays[]", 0.01],
    ]);
    expect(tolerated[1]!.largest).toBeGreaterThan(9e-4);
  });

  it("has diverged where a number is off by more", async () => {
    const far = await recordedElsewhere(await track(), { share: 0.02, pixels: 0 });
    const { byType, firstDivergence } = await replayHere(far, { types: [trackRemembered.type] });
    expect(byType).toMatchObject([{ diverged: 1 }]);
    expect(firstDivergence).toMatchObject({ type: trackRemembered.type });
    expect(firstDivergence?.field).toMatch(/^arrays\[\d+\]$/);
    expect(firstDivergence?.found).toMatch(/off by 0\.0[12]/);
  });

  it("has diverged where a mask is off by more, at the number that differs first", async () => {
    const far = await recordedElsewhere(await track(), { share: 0, pixels: 50 });
    const { byType, firstDivergence } = await replayHere(far, { types: [maskSegmented.type] });
    expect(byType).toMatchObject([{ diverged: frameCount }]);
    expect(firstDivergence).toMatchObject({ field: "mask.areaPx" });
  });

  it("is verified, not tolerated, where nothing differs", async () => {
    const same = await recordedElsewhere(await track(), { share: 0, pixels: 0 });
    const { tolerated, byType } = await replayHere(same, { types });
    expect(tolerated).toEqual([]);
    expect(byType.map(({ verified }) => verified)).toEqual([frameCount, 1]);
  });
});

it("leaves a memory of this machine's own fingerprint no room", async () => {
  const own = await track();
  const [memory] = await own.log.read({ types: [trackRemembered.type], limit: 1 });
  const fingerprint = memory!.producer.fingerprint!;
  const near = await recordedElsewhere(own, { share: 1e-6, pixels: 0, fingerprint });
  const { firstDivergence } = await replayHere(near, { types: [trackRemembered.type] });
  expect(firstDivergence).toMatchObject({ type: trackRemembered.type });
  expect(firstDivergence?.found).not.toContain("off by");
});
