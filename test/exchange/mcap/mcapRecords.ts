/*
 * MCAP records by the specification, read and written without the library that the exports use: what
 * checks a file must not share its faults.
 */

export const opcodes = {
  Header: 0x01,
  Footer: 0x02,
  Schema: 0x03,
  Channel: 0x04,
  Message: 0x05,
  Chunk: 0x06,
  MessageIndex: 0x07,
  ChunkIndex: 0x08,
  Attachment: 0x09,
  AttachmentIndex: 0x0a,
  Statistics: 0x0b,
  Metadata: 0x0c,
  MetadataIndex: 0x0d,
  SummaryOffset: 0x0e,
  DataEnd: 0x0f,
} as const;
export type RecordName = keyof typeof opcodes;

type FieldType =
  | "u8"
  | "u16"
  | "u32"
  | "u64"
  | "text"
  /** The rest of the record; or with its length, of 4 or 8 bytes, in front. */
  | "rest"
  | "bytes32"
  | "bytes64"
  | "texts"
  | "counts"
  | "entries";
export type FieldValue = number | bigint | string | Uint8Array | readonly (readonly FieldValue[])[];
export type Fields = Record<string, FieldValue>;

/** Fields in the order in which they are stored. */
const layouts: Readonly<Record<RecordName, Readonly<Record<string, FieldType>>>> = {
  Header: { profile: "text", library: "text" },
  Footer: { summaryStart: "u64", summaryOffsetStart: "u64", summaryCrc: "u32" },
  Schema: { id: "u16", name: "text", encoding: "text", data: "bytes32" },
  Channel: {
    id: "u16",
    schemaId: "u16",
    topic: "text",
    messageEncoding: "text",
    metadata: "texts",
  },
  Message: { channelId: "u16", sequence: "u32", logTime: "u64", publishTime: "u64", data: "rest" },
  Chunk: { messageStartTime: "u64", messageEndTime: "u64", uncompressedSize: "u64", uncompressedCrc: "u32", compression: "text", records: "bytes64" }, // prettier-ignore
  MessageIndex: { channelId: "u16", records: "entries" },
  ChunkIndex: { messageStartTime: "u64", messageEndTime: "u64", chunkStartOffset: "u64", chunkLength: "u64", messageIndexOffsets: "counts", messageIndexLength: "u64", compression: "text", compressedSize: "u64", uncompressedSize: "u64" }, // prettier-ignore
  Attachment: { logTime: "u64", createTime: "u64", name: "text", mediaType: "text", data: "bytes64", crc: "u32" }, // prettier-ignore
  AttachmentIndex: { offset: "u64", length: "u64", logTime: "u64", createTime: "u64", dataSize: "u64", name: "text", mediaType: "text" }, // prettier-ignore
  Statistics: { messageCount: "u64", schemaCount: "u16", channelCount: "u32", attachmentCount: "u32", metadataCount: "u32", chunkCount: "u32", messageStartTime: "u64", messageEndTime: "u64", channelMessageCounts: "counts" }, // prettier-ignore
  Metadata: { name: "text", metadata: "texts" },
  MetadataIndex: { offset: "u64", length: "u64", name: "text" },
  SummaryOffset: { groupOpcode: "u8", groupStart: "u64", groupLength: "u64" },
  DataEnd: { dataSectionCrc: "u32" },
};

export const magic = Buffer.from("894d434150300d0a", "hex");
/** Opcode and length in front of every record. */
export const recordHeadBytes = 9;

export interface McapRecord {
  readonly name: RecordName | null;
  readonly opcode: number;
  /** Where the record begins, and how long it is, its head included. */
  readonly offset: number;
  readonly length: number;
  readonly fields: Fields;
}

/** @throws {RangeError} for records that are cut off. */
export function readRecords(bytes: Uint8Array, offset: number, end = bytes.length): McapRecord[] {
  const view = viewOf(bytes);
  const records: McapRecord[] = [];
  while (offset < end) {
    const opcode = view.getUint8(offset);
    const length = recordHeadBytes + Number(view.getBigUint64(offset + 1, true));
    if (offset + length > end) throw new RangeError(`a record of ${length} bytes at ${offset}`);
    const found = Object.entries(opcodes).find(([, code]) => code === opcode);
    const name = found === undefined ? null : (found[0] as RecordName);
    const body = bytes.subarray(offset + recordHeadBytes, offset + length);
    const fields = name === null ? { body } : readFields(name, body);
    records.push({ name, opcode, offset, length, fields });
    offset += length;
  }
  return records;
}

function readFields(name: RecordName, body: Uint8Array): Fields {
  const view = viewOf(body);
  let at = 0;
  const u16 = () => view.getUint16((at += 2) - 2, true);
  const u32 = () => view.getUint32((at += 4) - 4, true);
  const u64 = () => view.getBigUint64((at += 8) - 8, true);
  const bytes = (length: number) => {
    if (at + length > body.length) throw new RangeError(`a field of ${length} bytes in ${name}`);
    return body.subarray(at, (at += length));
  };
  const text = () => new TextDecoder("utf-8", { fatal: true }).decode(bytes(u32()));
  const list = (item: () => readonly FieldValue[]) => {
    const end = u32() + at;
    const items: (readonly FieldValue[])[] = [];
    while (at < end) items.push(item());
    return items;
  };
  const read: Readonly<Record<FieldType, () => FieldValue>> = {
    ...{ u8: () => view.getUint8(at++), u16, u32, u64, text },
    rest: () => bytes(body.length - at),
    bytes32: () => bytes(u32()),
    bytes64: () => bytes(Number(u64())),
    texts: () => list(() => [text(), text()]),
    counts: () => list(() => [u16(), u64()]),
    entries: () => list(() => [u64(), u64()]),
  };
  return Object.fromEntries(
    Object.entries(layouts[name]).map(([field, type]) => [field, read[type]()]),
  );
}

/** The record as it would be stored. */
export function writeRecord(name: RecordName, fields: Fields): Buffer {
  const number = (bytes: number, value: bigint) => {
    const buffer = Buffer.alloc(8);
    buffer.writeBigUInt64LE(value);
    return buffer.subarray(0, bytes);
  };
  const sized = (bytes: number, value: Uint8Array) => Buffer.concat([number(bytes, BigInt(value.length)), value]); // prettier-ignore
  const text = (value: FieldValue) => sized(4, Buffer.from(value as string));
  const big = (bytes: number) => (value: FieldValue) => number(bytes, BigInt(value as number));
  type Pairs = readonly (readonly FieldValue[])[];
  const list = (first: (value: FieldValue) => Buffer, second: (value: FieldValue) => Buffer) => (value: FieldValue) => sized(4, Buffer.concat((value as Pairs).flatMap(([a, b]) => [first(a!), second(b!)]))); // prettier-ignore
  const write: Readonly<Record<FieldType, (value: FieldValue) => Buffer>> = {
    ...{ u8: big(1), u16: big(2), u32: big(4), u64: big(8), text },
    rest: (value) => Buffer.from(value as Uint8Array),
    bytes32: (value) => sized(4, value as Uint8Array),
    bytes64: (value) => sized(8, value as Uint8Array),
    texts: list(text, text),
    counts: list(big(2), big(8)),
    entries: list(big(8), big(8)),
  };
  const body = Buffer.concat(
    Object.entries(layouts[name]).map(([field, type]) => write[type](fields[field]!)),
  );
  return Buffer.concat([Buffer.of(opcodes[name]), number(8, BigInt(body.length)), body]);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
