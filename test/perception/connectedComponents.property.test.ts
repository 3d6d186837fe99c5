import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { connectedComponents, setComponents } from "../../src/perception/connectedComponents.ts";

interface Picture {
  readonly bits: Uint8Array;
  readonly widthPx: number;
}

const arbitraryPicture: fc.Arbitrary<Picture> = fc
  .record({ widthPx: fc.integer({ min: 1, max: 9 }), heightPx: fc.integer({ min: 1, max: 9 }) })
  .chain(({ widthPx, heightPx }) => {
    const length = widthPx * heightPx;
    const sparse = fc.uint8Array({ minLength: length, maxLength: length, max: 1 });
    const dense = sparse.map((bits) => bits.map((bit, at) => (at % 3 === 0 ? bit : 1)));
    return fc.record({ bits: fc.oneof(sparse, dense), widthPx: fc.constant(widthPx) });
  });

/** From pixel to neighbour, as the definition says: one list of places for each component. */
function floodFill({ bits, widthPx }: Picture): readonly (readonly number[])[] {
  const left = new Set([...bits.keys()].filter((at) => bits[at] === 1));
  const fill = (at: number): number[] => {
    if (!left.delete(at)) return [];
    const column = at % widthPx;
    return [
      at,
      ...fill(at - widthPx),
      ...fill(at + widthPx),
      ...(column > 0 ? fill(at - 1) : []),
      ...(column < widthPx - 1 ? fill(at + 1) : []),
    ];
  };
  const components: (readonly number[])[] = [];
  for (const first of left) components.push(fill(first).sort((a, b) => a - b));
  return components;
}

describe("connected components", () => {
  test.prop([arbitraryPicture])("are what a flood fill finds, in the same order", (picture) => {
    const found = connectedComponents(picture.bits, picture.widthPx);
    const places = found.map((component) => {
      const bits = new Uint8Array(picture.bits.length);
      setComponents(bits, [component]);
      return [...bits.keys()].filter((at) => bits[at] === 1);
    });
    expect(places).toEqual(floodFill(picture));
    expect(found.map(({ areaPx }) => areaPx)).toEqual(places.map(({ length }) => length));
  });

  it("do not reach from the end of a row to the begin of the next", () => {
    const bits = Uint8Array.of(0, 0, 1, 1, 0, 0);
    expect(connectedComponents(bits, 3)).toHaveLength(2);
  });

  it("are none where nothing is set", () => {
    expect(connectedComponents(new Uint8Array(12), 4)).toEqual([]);
  });
});
