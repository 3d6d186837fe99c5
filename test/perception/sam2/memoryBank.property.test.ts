import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import {
  beginBank,
  datedMemories,
  datedPointers,
  datedPositions,
  remember,
  type FrameMemory,
  type MemoryBank,
} from "../../../src/perception/sam2/memoryBank.ts";

/** A memory that says which frame it is of. */
const memoryOf = (frame: number): Omit<FrameMemory, "frame"> => ({
  features: Float32Array.of(frame),
  positions: new Float32Array(64).fill(frame),
  temporalCodes: Float32Array.from({ length: 7 * 64 }, (_, at) => Math.floor(at / 64) / 8),
  pointer: Float32Array.of(frame),
});

function bankAfter(frameCount: number): MemoryBank {
  let bank = beginBank(memoryOf(0));
  for (let frame = 1; frame < frameCount; frame++) bank = remember(bank, memoryOf(frame));
  return bank;
}

const frameCounts = fc.integer({ min: 1, max: 40 });

describe("the memory bank", () => {
  test.prop([frameCounts])("attends to the prompted frame and the last six", (count) => {
    const frames = datedMemories(bankAfter(count)).map(({ memory }) => memory.frame);
    const recent = Array.from({ length: count - 1 }, (_, at) => at + 1).slice(-6);
    expect(frames).toEqual([0, ...recent]);
  });

  test.prop([frameCounts])(
    "dates k frames back by row k − 1 and the prompted one by the last",
    (count) => {
      const [prompted, ...recent] = datedMemories(bankAfter(count));
      expect(prompted!.temporalRow).toBe(6);
      for (const { memory, temporalRow } of recent) {
        expect(temporalRow).toBe(count - memory.frame - 1);
        expect(temporalRow).toBeLessThan(6);
      }
    },
  );

  test.prop([frameCounts])(
    "points to the prompted frame and the last fifteen, newest first",
    (count) => {
      const pointers = datedPointers(bankAfter(count));
      expect(pointers).toHaveLength(Math.min(count, 16));
      expect(pointers[0]).toMatchObject({ framesBack: count });
      expect(pointers.slice(1).map(({ framesBack }) => framesBack)).toEqual(
        Array.from({ length: pointers.length - 1 }, (_, at) => at + 1),
      );
      for (const { pointer, framesBack } of pointers) expect(pointer[0]).toBe(count - framesBack);
    },
  );

  test.prop([frameCounts])(
    "is never changed: a later one leaves an earlier one as it was",
    (count) => {
      const bank = bankAfter(count);
      const memories = datedMemories(bank).map(({ memory }) => memory);
      const pointers = [...bank.pointers];
      remember(bank, memoryOf(99));
      expect(datedMemories(bank).every(({ memory }, at) => memory === memories[at])).toBe(true);
      expect(bank.pointers).toEqual(pointers);
      expect(bank.nextFrame).toBe(count);
    },
  );

  test.prop([frameCounts])("adds a memory's age to where its tokens are", (count) => {
    for (const dated of datedMemories(bankAfter(count))) {
      const positions = datedPositions(dated);
      const expected = dated.memory.frame + dated.temporalRow / 8;
      expect(positions.every((value) => value === expected)).toBe(true);
    }
  });
});
