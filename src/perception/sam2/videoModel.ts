import type { EncodedPrompt } from "./maskPrompt.ts";
import type { MaskCandidate } from "./maskLogits.ts";
import type { FrameMemory, MemoryBank } from "./memoryBank.ts";
import type { GraphTensor, GraphTensors } from "./onnxGraph.ts";

/** The object in one frame, with what its memory is made from. */
export interface SegmentedFrame extends MaskCandidate {
  /** Above 0 where the object can be seen at all. */
  readonly objectLogit: number;
  /** Shape [256]. */
  readonly pointer: Float32Array;
  /** The mask as the layout's memory encoder takes it, 1024 × 1024. */
  readonly maskForMemory: GraphTensor;
}

/** The graphs of a video model, with what host code has to add between them. */
export interface VideoModel {
  /** @param input - shape [1, 3, 1024, 1024], as `encoderInput` makes it. */
  encode(input: GraphTensor): Promise<GraphTensors>;
  /** The object that a prompt names, whatever is remembered. */
  segment(features: GraphTensors, prompt: EncodedPrompt): Promise<SegmentedFrame>;
  /** The object that a bank remembers. */
  follow(features: GraphTensors, bank: MemoryBank): Promise<SegmentedFrame>;
  /** @param isPrompted - SAM2 cuts the mask of a frame with a prompt to 0 and 1 before it is remembered. */
  encodeMemory(
    features: GraphTensors,
    segmented: SegmentedFrame,
    isPrompted: boolean,
  ): Promise<Omit<FrameMemory, "frame">>;
  release(): Promise<void>;
}

/** @returns row-major, shape [columns, rows], of one of shape [rows, columns]. */
export function transpose(data: Float32Array, rows: number, columns: number): Float32Array {
  const turned = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      turned[column * rows + row] = data[row * columns + column]!;
    }
  }
  return turned;
}

/** @returns one array after the other. */
export function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** @returns a tensor of floats; the graph was checked to give one. */
export function floatsOf(tensors: GraphTensors, name: string): Float32Array {
  const { data } = tensors[name]!;
  return data instanceof Float32Array ? data : Float32Array.from(data);
}
