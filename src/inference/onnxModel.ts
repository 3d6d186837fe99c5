import { DreamlogError } from "../core/errors.ts";
import { bytesField, concatenate, fieldBytes, floatField, integerField, readFields } from "./protobuf.ts"; // prettier-ignore

/** Operators are those of this version of the ONNX standard set, and onnxruntime's own. */
const standardOpset = 18;
const irVersion = 8;
/** onnxruntime's own operators, such as FusedMatMul. */
export const runtimeDomain = "com.microsoft";

export type Attribute = number | string | readonly number[] | { readonly float: number };

export interface OnnxNode {
  readonly operator: string;
  /** "" for the standard set. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Whole numbers, lists of them and strings; a float is wrapped to tell it from a whole number. */
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export interface OnnxTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | BigInt64Array;
}

export interface OnnxPort {
  readonly name: string;
  /** A name stands for a side that the caller chooses, anew at every run. */
  readonly shape: readonly (number | string)[];
  /** Default float32. */
  readonly type?: "float32" | "int32";
}

/** A model as a list of nodes in order of evaluation. */
export interface OnnxModel {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initialisers: readonly OnnxTensor[];
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
  readonly metadata: Readonly<Record<string, string>>;
}

const elementTypes = { float32: 1, int32: 6, int64: 7 };

/** @returns the bytes of an ordinary ONNX file (ModelProto of onnx.proto). */
export function encodeOnnxModel(model: OnnxModel): Uint8Array {
  const graph = concatenate([
    ...model.nodes.map((node) => bytesField(1, encodeNode(node))),
    bytesField(2, model.name),
    ...model.initialisers.map((tensor) => bytesField(5, encodeTensor(tensor))),
    ...model.inputs.map((port) => bytesField(11, encodePort(port))),
    ...model.outputs.map((port) => bytesField(12, encodePort(port))),
  ]);
  return concatenate([
    integerField(1, irVersion),
    bytesField(2, "dreamlog"),
    bytesField(7, graph),
    bytesField(8, concatenate([bytesField(1, ""), integerField(2, standardOpset)])),
    bytesField(8, concatenate([bytesField(1, runtimeDomain), integerField(2, 1)])),
    ...Object.entries(model.metadata).map(([key, value]) =>
      bytesField(14, concatenate([bytesField(1, key), bytesField(2, value)])),
    ),
  ]);
}

function encodeNode(node: OnnxNode): Uint8Array {
  return concatenate([
    ...node.inputs.map((name) => bytesField(1, name)),
    ...node.outputs.map((name) => bytesField(2, name)),
    bytesField(4, node.operator),
    ...Object.entries(node.attributes).map(([name, value]) =>
      bytesField(5, concatenate([bytesField(1, name), ...encodeAttribute(value)])),
    ),
    bytesField(7, node.domain),
  ]);
}

/** Value and type tag (AttributeProto: FLOAT 1, INT 2, STRING 3, INTS 7). */
function encodeAttribute(value: Attribute): Uint8Array[] {
  if (typeof value === "number") return [integerField(3, value), integerField(20, 2)];
  if (typeof value === "string") return [bytesField(4, value), integerField(20, 3)];
  if ("float" in value) return [floatField(2, value.float), integerField(20, 1)];
  return [...value.map((item) => integerField(8, item)), integerField(20, 7)];
}

function encodeTensor({ name, shape, data }: OnnxTensor): Uint8Array {
  const type = data instanceof Float32Array ? elementTypes.float32 : elementTypes.int64;
  return concatenate([
    ...shape.map((side) => integerField(1, side)),
    integerField(2, type),
    bytesField(8, name),
    bytesField(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  ]);
}

function encodePort({ name, shape, type = "float32" }: OnnxPort): Uint8Array {
  const sides = concatenate(
    shape.map((side) =>
      bytesField(1, typeof side === "number" ? integerField(1, side) : bytesField(2, side)),
    ),
  );
  const tensorType = concatenate([integerField(1, elementTypes[type]), bytesField(2, sides)]);
  return concatenate([bytesField(1, name), bytesField(2, bytesField(1, tensorType))]);
}

/** What a model file holds beside its graph. */
export interface StoredTensors {
  /** The float32 constants, by name. */
  readonly tensors: ReadonlyMap<string, Float32Array>;
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * Reads an ONNX file without running it.
 *
 * @param origin - where the bytes come from, for the error message.
 * @throws {DreamlogError} `CHECKPOINT_INVALID` when the bytes end early or are no ONNX file.
 */
export function readOnnx(bytes: Uint8Array, origin = "an ONNX file"): StoredTensors {
  try {
    return readModel(bytes);
  } catch (error) {
    throw new DreamlogError(
      "CHECKPOINT_INVALID",
      `expected an ONNX file, found ${bytes.length} bytes that end early or are none (${String(error)}) in ${origin}; fetch the file again or train it anew`,
      { origin, lengthBytes: bytes.length },
      error,
    );
  }
}

/** @throws {RangeError} */
function readModel(bytes: Uint8Array): StoredTensors {
  const tensors = new Map<string, Float32Array>();
  const metadata = new Map<string, string>();
  let hasGraph = false;
  for (const field of readFields(bytes)) {
    if (field.number === 7) {
      hasGraph = true;
      for (const inner of readFields(fieldBytes(field))) {
        if (inner.number === 5) readTensor(fieldBytes(inner), tensors);
      }
    } else if (field.number === 14) {
      const [key, value] = [...readFields(fieldBytes(field))].map((part) => text(fieldBytes(part)));
      metadata.set(key ?? "", value ?? "");
    }
  }
  if (!hasGraph) throw new RangeError("it holds no graph");
  return { tensors, metadata };
}

function readTensor(message: Uint8Array, tensors: Map<string, Float32Array>): void {
  let name = "";
  let type = 0;
  let raw = new Uint8Array();
  for (const field of readFields(message)) {
    if (field.number === 2) type = Number(field.value);
    else if (field.number === 8) name = text(fieldBytes(field));
    // A copy, aligned for its numbers; a Buffer's slice would be a view.
    else if (field.number === 9) raw = new Uint8Array(fieldBytes(field));
  }
  if (type === elementTypes.float32) tensors.set(name, new Float32Array(raw.buffer));
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
