import { attendedFramesMax, attendedPointersMax, memoryChannels } from "./sam2Layouts.ts";

/** What the memory encoder made of a frame and its mask. */
export interface FrameMemory {
  /** Frames since the prompted one, which is 0. */
  readonly frame: number;
  /** As the layout's memory encoder writes it. */
  readonly features: Float32Array;
  /** Shape [4096, 64]: where in the picture each token of the features is. */
  readonly positions: Float32Array;
  /** Shape [7, 64]: how old a memory is; the same for all memories of a model. */
  readonly temporalCodes: Float32Array;
  /** Shape [256]: what the object is, from the decoder. */
  readonly pointer: Float32Array;
}

/** A frame's object pointer outlives its features in the bank. */
export type PointerMemory = Pick<FrameMemory, "frame" | "pointer">;

/**
 * What SAM2 remembers of an object: a pure function of the frames it was followed through, from the
 * prompted one on. A bank is never changed; a later one shares what it keeps with the one before.
 */
export interface MemoryBank {
  /** The frame with the prompt (SAM2: conditioning frame), kept for ever. */
  readonly prompted: FrameMemory;
  /** The last frames but the prompted one, oldest first: at most 6. */
  readonly recent: readonly FrameMemory[];
  /** Pointers of the last frames but the prompted one, oldest first: at most 15. */
  readonly pointers: readonly PointerMemory[];
  /** Number of the next frame. */
  readonly nextFrame: number;
}

export function beginBank(memory: Omit<FrameMemory, "frame">): MemoryBank {
  return { prompted: { ...memory, frame: 0 }, recent: [], pointers: [], nextFrame: 1 };
}

/**
 * The bank after one more frame. A frame in which the object is hidden is remembered as well, as SAM2
 * does: its memory says so.
 */
export function remember(bank: MemoryBank, memory: Omit<FrameMemory, "frame">): MemoryBank {
  const { prompted, nextFrame } = bank;
  const latest = { ...memory, frame: nextFrame };
  return {
    prompted,
    recent: [...bank.recent, latest].slice(1 - attendedFramesMax),
    pointers: [...bank.pointers, { frame: nextFrame, pointer: memory.pointer }].slice(
      1 - attendedPointersMax,
    ),
    nextFrame: nextFrame + 1,
  };
}

/** A memory with the row of the temporal table that tells how old it is. */
export interface DatedMemory {
  readonly memory: FrameMemory;
  /** The prompted frame has the last row whatever its age; k frames back is row k − 1. */
  readonly temporalRow: number;
}

/** @returns memories to attend to in the next frame, the prompted one first, then oldest to newest. */
export function datedMemories({ prompted, recent, nextFrame }: MemoryBank): readonly DatedMemory[] {
  return [
    { memory: prompted, temporalRow: attendedFramesMax - 1 },
    ...recent.map((memory) => ({ memory, temporalRow: nextFrame - memory.frame - 1 })),
  ];
}

/** @returns shape [4096, 64]: where each token of a memory is, and how old. */
export function datedPositions({ memory, temporalRow }: DatedMemory): Float32Array {
  const code = temporalRow * memoryChannels;
  return memory.positions.map(
    (position, at) => position + memory.temporalCodes[code + (at % memoryChannels)]!,
  );
}

/** A pointer with how many frames it is behind the next one. */
export interface DatedPointer {
  readonly pointer: Float32Array;
  readonly framesBack: number;
}

/** @returns pointers to attend to in the next frame, the prompted one first, then newest to oldest. */
export function datedPointers({
  prompted,
  pointers,
  nextFrame,
}: MemoryBank): readonly DatedPointer[] {
  return [prompted, ...pointers.toReversed()].map(({ frame, pointer }) => ({
    pointer,
    framesBack: nextFrame - frame,
  }));
}

/** Distances of pointers are told as shares of the largest between attended frames. */
export const framesBackMax = attendedPointersMax - 1;
