import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { concatenate } from "../../src/media/concatenate.ts";
import { FragmentCutter, type Mp4Fragment } from "../../src/media/fragmentedMp4.ts";

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/** A box of ISO/IEC 14496-12: size, type, content. */
function box(type: string, ...content: Uint8Array[]): Uint8Array {
  const body = concatenate(content);
  return concatenate([uint32(8 + body.length), new TextEncoder().encode(type), body]);
}

/** A movie fragment whose one track has runs of so many samples. */
function moof(sampleCounts: readonly number[]): Uint8Array {
  const runs = sampleCounts.map((count) => box("trun", uint32(0), uint32(count), uint32(8)));
  return box("moof", box("mfhd", uint32(0), uint32(1)), box("traf", box("tfhd"), ...runs));
}

const head = [box("ftyp", uint32(1)), box("moov", box("mvhd", uint32(2)))];
const fragmentParts = fc.record({
  runs: fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 3 }),
  samples: fc.uint8Array({ minLength: 1, maxLength: 40 }),
});

describe("a fragmented MP4 stream", () => {
  test.prop([fc.array(fragmentParts, { maxLength: 5 }), fc.array(fc.integer({ min: 1, max: 50 }))])(
    "is cut into the same files, each with its head, whatever the pieces it comes in",
    (fragments, pieceSizes) => {
      const bodies = fragments.map(({ runs, samples }) => [moof(runs), box("mdat", samples)]);
      const stream = concatenate([...head, ...bodies.flat(), box("mfra", uint32(3))]);
      const cutter = new FragmentCutter();
      const found: Mp4Fragment[] = [];
      for (let at = 0, piece = 0; at < stream.length; piece++) {
        const size = pieceSizes[piece % pieceSizes.length] ?? stream.length;
        found.push(...cutter.push(stream.subarray(at, at + size)));
        at += size;
      }

      expect(found.map(({ frameCount }) => frameCount)).toEqual(
        fragments.map(({ runs }) => runs.reduce((sum, count) => sum + count, 0)),
      );
      expect(found.map(({ bytes }) => bytes)).toEqual(
        bodies.map((body) => concatenate([...head, ...body])),
      );
    },
  );

  test("that is none is refused", () => {
    expect(() => new FragmentCutter().push(uint32(3 << 8))).not.toThrow();
    expect(() => new FragmentCutter().push(new Uint8Array(16))).toThrow(
      expect.objectContaining({ code: "VIDEO_INVALID" }),
    );
    expect(() => new FragmentCutter().push(box("mdat", uint32(1)))).toThrow(
      expect.objectContaining({ code: "VIDEO_INVALID" }),
    );
  });
});
