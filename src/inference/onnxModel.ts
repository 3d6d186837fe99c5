import { ProtobufWriter, readProtobuf } from "./protobuf.ts";
import { DreamlogError } from "../core/errors.ts";

// Numbers of fields and types from onnx.proto3 (IR version 9).
const irVersion = 9;
const opsetVersion = 18;
const dataTypes = { float32: 1, int64: 7 } as const;

/** A named tensor that comes in or goes out. */
export interface OnnxValue {
  readonly name: string;
  readonly shape: readonly number[];
}

export interface OnnxConstant extends OnnxValue {
  readonly data: Float32Array | BigInt64Array;
}

export type OnnxAttribute = number | string | readonly number[] | { readonly float: number };

export interface OnnxNode {
  readonly operator: string;
  /** Empty for the standard operators. */
  readonly domain?: "com.microsoft";
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly constants: readonly OnnxConstant[];
  /** Free text beside the graph. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Bytes of an ONNX file. Equal graphs give equal bytes. */
export function encodeOnnx(graph: OnnxGraph): Uint8Array {
  const body = new ProtobufWriter();
  for (const node of graph.nodes) body.message(1, encodeNode(node));
  body.text(2, "dreamlog");
  for (const constant of graph.constants) body.message(5, encodeTensor(constant));
  for (const input of graph.inputs) body.message(11, encodeValue(input));
  for (const output of graph.outputs) body.message(12, encodeValue(output));
  const model = new ProtobufWriter()
    .integer(1, irVersion)
    .text(2, "dreamlog")
    .message(7, body)
    .message(8, new ProtobufWriter().text(1, "").integer(2, opsetVersion))
    .message(8, new ProtobufWriter().text(1, "com.microsoft").integer(2, 1));
  for (const [key, value] of Object.entries(graph.metadata ?? {})) {
    model.message(14, new ProtobufWriter().text(1, key).text(2, value));
  }
  return model.finish();
}

function encodeNode(node: OnnxNode): ProtobufWriter {
  const writer = new ProtobufWriter();
  for (const input of node.inputs) writer.text(1, input);
  for (const output of node.outputs) writer.text(2, output);
  writer.text(4, node.operator);
  for (const [name, value] of Object.entries(node.attributes ?? {})) {
    writer.message(5, encodeAttribute(name, value));
  }
  if (node.domain !== undefined) writer.text(7, node.domain);
  return writer;
}

function encodeAttribute(name: string, value: OnnxAttribute): ProtobufWriter {
  const writer = new ProtobufWriter().text(1, name);
  if (typeof value === "number") return writer.integer(3, value).integer(20, 2);
  if (typeof value === "string") return writer.text(4, value).integer(20, 3);
  if ("float" in value) return writer.float(2, value.float).integer(20, 1);
  for (const item of value) writer.integer(8, item);
  return writer.integer(20, 7);
}

function encodeTensor(constant: OnnxConstant): ProtobufWriter {
  const writer = new ProtobufWriter();
  for (const size of constant.shape) writer.integer(1, size);
  const { data } = constant;
  return writer
    .integer(2, data instanceof Float32Array ? dataTypes.float32 : dataTypes.int64)
    .text(8, constant.name)
    .bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

function encodeValue(value: OnnxValue): ProtobufWriter {
  const shape = new ProtobufWriter();
  for (const size of value.shape) shape.message(1, new ProtobufWriter().integer(1, size));
  const tensor = new ProtobufWriter().integer(1, dataTypes.float32).message(2, shape);
  return new ProtobufWriter()
    .text(1, value.name)
    .message(2, new ProtobufWriter().message(1, tensor));
}

/**
 * Reads back what an ONNX file of ours carries beside its graph.
 *
 * @returns the metadata, and the float32 constants by name.
 * @throws {DreamlogError} `CHECKPOINT_INVALID`.
 */
export function readOnnx(bytes: Uint8Array): {
  readonly metadata: ReadonlyMap<string, string>;
  readonly constants: ReadonlyMap<string, Float32Array>;
} {
  const metadata = new Map<string, string>();
  const constants = new Map<string, Float32Array>();
  let hasGraph = false;
  for (const { field, value } of readProtobuf(bytes)) {
    if (!(value instanceof Uint8Array)) continue;
    if (field === 14) {
      const [key, text] = [...readProtobuf(value)].map((entry) => decodeText(entry.value));
      if (key !== undefined) metadata.set(key, text ?? "");
    }
    if (field !== 7) continue;
    hasGraph = true;
    for (const inner of readProtobuf(value)) {
      if (inner.field !== 5 || !(inner.value instanceof Uint8Array)) continue;
      const constant = decodeFloatTensor(inner.value);
      if (constant !== null) constants.set(constant.name, constant.data);
    }
  }
  if (hasGraph) return { metadata, constants };
  throw new DreamlogError(
    "CHECKPOINT_INVALID",
    `expected an ONNX file, found ${bytes.length} bytes without a graph; name a checkpoint that dreamlog wrote`,
    { lengthBytes: bytes.length },
  );
}

function decodeText(value: Uint8Array | number): string {
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : String(value);
}

function decodeFloatTensor(bytes: Uint8Array): { name: string; data: Float32Array } | null {
  let name = "";
  let raw: Uint8Array | undefined;
  let isFloat = false;
  for (const { field, value } of readProtobuf(bytes)) {
    if (field === 2) isFloat = value === dataTypes.float32;
    if (field === 8) name = decodeText(value);
    if (field === 9 && value instanceof Uint8Array) raw = value;
  }
  // A copy: the bytes in the file need not lie on a multiple of four.
  return isFloat && raw !== undefined ? { name, data: new Float32Array(raw.slice().buffer) } : null;
}
