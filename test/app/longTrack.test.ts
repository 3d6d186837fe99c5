import { expect, it } from "vitest";
import { createMaskFollower, followMask, rememberTrack, type FollowingTools } from "../../src/app/derivations/followMask.ts"; // prettier-ignore
import { isA } from "../../src/app/derivations/rule.ts";
import { deriveMask, startTrack } from "../../src/app/observe.ts";
import { cellProducer, labellerProducer } from "../../src/app/producers.ts";
import { recorderFor, startSession } from "../../src/app/sessionLifecycle.ts";
import { createMask, createRgbImage, type Mask, type RgbImage } from "../../src/core/image.ts";
import { cameraFrameCaptured, objectBoxLabelled } from "../../src/events/environment.ts";
import { maskSegmented, trackRemembered } from "../../src/events/perception.ts";
import { sam2Component } from "../../src/perception/sam2/loadSam2.ts";
import type { Segmenter } from "../../src/ports/segmenter.ts";
import { openForTest, temporaryPath } from "../store/temporaryLog.ts";

/** So many that what is remembered is stored twice. */
const frameCount = 34;
const widthPx = 64;

interface CountedFrames {
  readonly seen: number;
  /** Of every frame's grey so far: one that is missed or seen twice shows in every later mask. */
  readonly sum: Float32Array;
}

/** Masks whose length is made of all frames since the box. */
function countingSegmenter(): Segmenter<CountedFrames> {
  const maskOf = ({ seen, sum }: CountedFrames): Mask => {
    const set = (7 * seen + sum[0]!) % widthPx;
    return createMask(
      widthPx,
      1,
      Uint8Array.from({ length: widthPx }, (_, x) => Number(x <= set)),
    );
  };
  const after = (frame: RgbImage, { seen, sum }: CountedFrames) => {
    const memory = { seen: seen + 1, sum: sum.map((value) => (value * 31 + frame.pixels[0]!) % 251) }; // prettier-ignore
    return { mask: maskOf(memory), memory };
  };
  return {
    producer: { component: sam2Component, version: 1, config: {}, model: null, fingerprint: null },
    isSequential: true,
    begin: (frame) => Promise.resolve(after(frame, { seen: 0, sum: new Float32Array(3) })),
    propagate: (frame, memory) => Promise.resolve(after(frame, memory)),
  };
}

const greyOf = (step: number) => createRgbImage(widthPx, 1, new Uint8Array(3 * widthPx).fill(step * 5)); // prettier-ignore

async function followedLog() {
  const open = openForTest({ path: temporaryPath() });
  const recorder = recorderFor({ open }, "watch");
  await startSession(recorder, { purpose: "test", task: null, seed: "0", settings: {} });
  const frames = [];
  for (let step = 0; step < frameCount; step++) {
    const stored = await recorder.media.storeImage(greyOf(step), "image/qoi");
    const payload = { camera: "top", phase: "motion", image: stored } as const;
    const made = { producer: cellProducer };
    frames.push(await recorder.fact(`${step}/frame`, cameraFrameCaptured, payload, made));
  }
  const box = { x: 0, y: 0, width: 8, height: 1 };
  const labelled = { producer: labellerProducer, causes: [frames[0]!] };
  const label = await recorder.fact("0/box", objectBoxLabelled, { box }, labelled);
  const track = startTrack(recorder, countingSegmenter(), frames[0]!, label);
  const masks = [];
  for (const [step, frame] of frames.entries()) {
    masks.push(await deriveMask(recorder, track, String(step), frame));
  }
  return { open, recorder, masks };
}

it("has the masks of a track that never was cut, each from few events", async () => {
  const { open, masks } = await followedLog();
  const segmenter = countingSegmenter();
  let state = await segmenter.begin(greyOf(0), { x: 0, y: 0, width: 8, height: 1 });
  for (const [step, { payload }] of masks.entries()) {
    if (step > 0) state = await segmenter.propagate(greyOf(step), state.memory);
    const areaPx = state.mask.bits.reduce((sum, bit) => sum + bit, 0);
    expect(payload.mask.areaPx).toBe(areaPx);
  }
  // As they were before any track was cut, then never more than a memory and what came since.
  const causesOf = masks.map(({ causes }) => causes.length);
  const grown = Array.from({ length: 15 }, (_, at) => 2 + at);
  expect(causesOf).toEqual([2, ...grown.map((count) => count + 1), ...grown, 2, 3, 4]);

  const events = await open.log.read({ session: "watch", limit: 1000 });
  const memories = events.filter((event) => isA(event, trackRemembered));
  expect(memories.map(({ id }) => id)).toEqual(["watch#16/memory", "watch#31/memory"]);
  expect(memories[1]!.causes).toContain(memories[0]!.position);
});

it("can be recomputed link by link, each from its causes alone", async () => {
  const { open, recorder, masks } = await followedLog();
  const events = await open.log.read({ session: "watch", limit: 1000 });
  let memoryCount = 0;
  for (const event of events) {
    const rule = isA(event, maskSegmented) ? followMask : isA(event, trackRemembered) ? rememberTrack : null; // prettier-ignore
    if (rule === null) continue;
    if (rule === rememberTrack) memoryCount += 1;
    // A follower of its own: nothing is left over from the event before.
    const follower = createMaskFollower(countingSegmenter(), recorder);
    const tools: FollowingTools = { blobs: recorder.blobs, followerOf: () => Promise.resolve(follower) }; // prettier-ignore
    const causes = [];
    for (const position of event.causes) causes.push((await open.log.get(position))!);
    const [payload] = await rule.compute([{ ...event, causes }], tools);
    expect(payload).toEqual(event.payload);
  }
  expect(memoryCount).toBe(2);
  expect(masks).toHaveLength(frameCount);
});
