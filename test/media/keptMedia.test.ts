import { describe, expect, it, vi } from "vitest";
import { digestBytes } from "../../src/core/digest.ts";
import type { MediaRef } from "../../src/events/media.ts";
import { createKeptMedia } from "../../src/media/keptMedia.ts";

function refOf(name: string): MediaRef {
  const blob = { digest: digestBytes(name), mediaType: "image/png", lengthBytes: 1 };
  return { blob, decoded: digestBytes(`${name} decoded`), widthPx: 1, heightPx: 1, frameCount: 1 };
}

const [a, b, c] = ["a", "b", "c"].map(refOf) as [MediaRef, MediaRef, MediaRef];
const names = new Map([a, b, c].map((ref, at) => [ref, "abc"[at]!]));

/** Answers with the names, later; fails for what holds a damaged one. */
function loader(damaged?: MediaRef) {
  return vi.fn(async (refs: readonly MediaRef[]) => {
    await Promise.resolve();
    if (damaged !== undefined && refs.includes(damaged)) throw new Error("damaged");
    return refs.map((ref) => names.get(ref)!);
  });
}

const oneByteEach = () => 1;

describe("kept media", () => {
  it("come in the order they are asked for, whatever was at hand and whatever is asked for twice", async () => {
    const kept = createKeptMedia<string>(oneByteEach, 10);
    const load = loader();
    kept.keep(b, "kept b");
    expect(await kept.getAll([c, b, a, c], load)).toEqual(["c", "kept b", "a", "c"]);
    expect(load.mock.calls).toEqual([[[c, a]]]);
  });

  it("are not loaded again while they are on their way", async () => {
    const kept = createKeptMedia<string>(oneByteEach, 10);
    const load = loader();
    const both = await Promise.all([kept.getAll([a, b], load), kept.getAll([b, c], load)]);
    expect(both).toEqual([
      ["a", "b"],
      ["b", "c"],
    ]);
    expect(load.mock.calls).toEqual([[[a, b]], [[c]]]);
  });

  it("fail for who began to load a damaged one, and for nobody who asked for another of them", async () => {
    const kept = createKeptMedia<string>(oneByteEach, 10);
    const load = loader(a);
    const [together, sound, damaged] = await Promise.allSettled([
      kept.getAll([a, b], load),
      kept.getAll([b], load),
      kept.getAll([a], load),
    ]);
    expect([together.status, sound, damaged.status]).toEqual([
      "rejected",
      { status: "fulfilled", value: ["b"] },
      "rejected",
    ]);
  });

  it("are loaded anew after a failure", async () => {
    const kept = createKeptMedia<string>(oneByteEach, 10);
    await expect(kept.getAll([a], loader(a))).rejects.toThrow("damaged");
    expect(await kept.getAll([a], loader())).toEqual(["a"]);
  });

  it("go in order of their last use beyond the limit", async () => {
    const kept = createKeptMedia<string>(oneByteEach, 2);
    const load = loader();
    for (const ref of [a, b, a, c]) await kept.getAll([ref], load);
    load.mockClear();
    for (const ref of [a, c, b]) await kept.getAll([ref], load);
    expect(load.mock.calls).toEqual([[[b]]]);
  });
});
