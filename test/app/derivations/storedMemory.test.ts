import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { loadMemory, storeMemory } from "../../../src/app/derivations/storedMemory.ts";
import { ManualClock } from "../../../src/core/clock.ts";
import { sam2LayoutNames, type Sam2Layout } from "../../../src/perception/sam2/sam2Layouts.ts";
import { createMemoryLog } from "../../../store/openLog.ts";
import { boundingBox, paintScene } from "../../perception/syntheticScene.ts";
import { loadTiny } from "../../perception/sam2/tinyModels.ts";

const blobs = () => createMemoryLog({ clock: new ManualClock(0) }).blobs;

const numbers = fc.oneof(
  fc.float32Array({ maxLength: 20 }),
  fc.uint8Array({ maxLength: 20 }),
  fc.integer(),
  fc.boolean(),
  fc.string(),
  fc.constant(null),
);
const memories = fc.letrec((tie) => ({
  leaf: numbers,
  node: fc.oneof(
    { depthSize: "small" },
    tie("leaf"),
    fc.array(tie("node"), { maxLength: 4 }),
    fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), tie("node"), { noNullPrototype: true, maxKeys: 4 }), // prettier-ignore
  ),
})).node;

describe("what a segmenter remembers", () => {
  test.prop([memories])("comes back as it was, bit for bit", async (memory) => {
    const store = blobs();
    expect(await loadMemory(await storeMemory(memory, store), store)).toEqual(memory);
  });

  it("is stored once where it is the same", async () => {
    const store = blobs();
    const features = Float32Array.of(1, 2);
    const stored = await storeMemory({ b: [features, Float32Array.of(1, 2)], a: 3 }, store);
    expect(stored.arrays).toHaveLength(1);
    expect(stored.outline).toBe('{"a":3,"b":[{"float32":0},{"float32":0}]}');
  });

  it.each([
    ["a place that there is not", '{"a":{"float32":7}}'],
    ["no JSON", "{"],
  ])("is refused with %s", async (_, outline) => {
    const damaged = loadMemory({ outline, arrays: [] }, blobs());
    await expect(damaged).rejects.toMatchObject({ code: "EVENT_INVALID" });
  });
});

/** A cloth that moves to the right. */
function clothAt(step: number) {
  const left = 130 + 8 * step;
  return paintScene((x, y) =>
    x >= left && x < left + 60 && y >= 70 && y < 115 ? [60, 90, 200] : null,
  );
}

describe.each<Sam2Layout>(sam2LayoutNames)("what SAM2 of layout %s remembers", (layout) => {
  it("leads to the same mask and memory when it was stored", async () => {
    const segmenter = await loadTiny(layout);
    const store = blobs();
    const first = clothAt(0);
    const begun = await segmenter.begin(first.image, boundingBox(first.truth, 6));
    const { memory } = await segmenter.propagate(clothAt(1).image, begun.memory);
    const loaded = await loadMemory(await storeMemory(memory, store), store);

    const next = clothAt(2).image;
    const kept = await segmenter.propagate(next, memory);
    const stored = await segmenter.propagate(next, loaded);
    await segmenter.release();
    expect(kept.mask.bits.includes(1)).toBe(true);
    expect(Buffer.compare(stored.mask.bits, kept.mask.bits)).toBe(0);
    expect(await storeMemory(stored.memory, store)).toEqual(await storeMemory(kept.memory, store));
  });
});
