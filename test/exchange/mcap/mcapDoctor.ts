import { isDeepStrictEqual } from "node:util";
import { crc32 } from "../../../src/media/crc32.ts";
import {
  magic,
  readRecords,
  recordHeadBytes,
  type Fields,
  type McapRecord,
} from "./mcapRecords.ts";

/*
 * The rules of `mcap doctor` (foxglove/mcap: go/cli/mcap/cmd/doctor.go and its successor
 * rust/cli/src/commands/doctor.rs), warnings among them, and of the specification where the tool only
 * parses: checksums, offsets and indexes of metadata and attachments. Chunks must be uncompressed, as
 * exports write them.
 */

/** Rules that a file can break. */
export type DoctorRule =
  | "attachmentIndex"
  | "channelConflict"
  | "channelDuplicate"
  | "channelOfSummaryUnknown"
  | "channelSchemaUnknown"
  | "chunkCompression"
  | "chunkCrc"
  | "chunkIndexChunk"
  | "chunkIndexDuplicate"
  | "chunkIndexFields"
  | "chunkIndexMessageIndexes"
  | "chunkIndexMissing"
  | "chunkIndexSummary"
  | "chunkRecord"
  | "chunkSize"
  | "chunkTimes"
  | "dataEndMissing"
  | "dataSectionCrc"
  | "footerMissing"
  | "headerLibrary"
  | "headerProfile"
  | "magic"
  | "messageChannelUnknown"
  | "messageIndexDuplicate"
  | "messageIndexEntry"
  | "messageIndexMissing"
  | "messageIndexWithoutChunk"
  | "messageOrder"
  | "messageOutsideChunk"
  | "metadataIndex"
  | "recordUnknown"
  | "recordUnreadable"
  | "schemaConflict"
  | "schemaDuplicate"
  | "schemaEncoding"
  | "schemaIdZero"
  | "schemaOfSummaryUnknown"
  | "statisticsChannels"
  | "statisticsCounts"
  | "statisticsDuplicate"
  | "statisticsTimes"
  | "summaryCrc"
  | "summaryOffset"
  | "summaryStart";

/** @returns the rules that a file breaks, in order of name; none for one that the tool is content with. */
export function examineMcap(bytes: Uint8Array): readonly DoctorRule[] {
  const examination = new Examination(bytes);
  examination.run();
  return [...examination.broken].sort();
}

interface Counts {
  messages: bigint;
  readonly byChannel: Map<number, bigint>;
  start: bigint | null;
  end: bigint | null;
}

class Examination {
  readonly broken = new Set<DoctorRule>();
  readonly #bytes: Uint8Array;
  #records: readonly McapRecord[] = [];
  readonly #schemas = new Map<number, Fields>();
  readonly #channels = new Map<number, Fields>();
  readonly #summarySchemas = new Set<number>();
  readonly #summaryChannels = new Set<number>();
  readonly #channelsOfChunk = new Map<number, ReadonlySet<number>>();
  readonly #counts: Counts = { messages: 0n, byChannel: new Map(), start: null, end: null };
  #isSummary = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  run(): void {
    const bytes = this.#bytes;
    const ends = [bytes.subarray(0, magic.length), bytes.subarray(-magic.length)];
    if (!ends.every((end) => magic.equals(end))) this.broken.add("magic");
    try {
      this.#records = readRecords(bytes, magic.length, bytes.length - magic.length);
    } catch {
      this.broken.add("recordUnreadable");
      return;
    }
    this.#records.forEach((record, at) => this.#examine(record, at));
    this.#examineEnds();
    this.#examineChunkIndexes();
    this.#examineOtherIndexes();
    this.#examineStatistics();
  }

  #require(rule: DoctorRule, isKept: boolean): void {
    if (!isKept) this.broken.add(rule);
  }

  #named(name: McapRecord["name"]): readonly McapRecord[] {
    return this.#records.filter((record) => record.name === name);
  }

  #examine({ name, fields, offset }: McapRecord, at: number): void {
    switch (name) {
      case "Header":
        this.#require("headerLibrary", fields["library"] !== "");
        this.#require("headerProfile", ["", "ros1", "ros2"].includes(fields["profile"] as string));
        return;
      case "Schema":
        this.#examineSchema(fields);
        return;
      case "Channel":
        this.#examineChannel(fields);
        return;
      case "Message":
        this.broken.add("messageOutsideChunk");
        return;
      case "Chunk":
        this.#examineChunk(fields, offset, this.#indexesAfter(at));
        return;
      case "MessageIndex":
        this.#require("messageIndexWithoutChunk", ["Chunk", "MessageIndex"].includes(this.#records[at - 1]?.name ?? "")); // prettier-ignore
        return;
      case "DataEnd":
        this.#isSummary = true;
        return;
      case "Statistics":
        this.#examineStatisticsPlace(fields);
        return;
      case null:
        this.broken.add("recordUnknown");
        return;
      case "Footer":
      case "ChunkIndex":
      case "SummaryOffset":
      case "Attachment":
      case "AttachmentIndex":
      case "Metadata":
      case "MetadataIndex":
        // Held against the records around them when all are known.
        return;
    }
  }

  /** The message indexes that follow a chunk. */
  #indexesAfter(at: number): readonly McapRecord[] {
    const rest = this.#records.slice(at + 1);
    const end = rest.findIndex(({ name }) => name !== "MessageIndex");
    return rest.slice(0, end < 0 ? rest.length : end);
  }

  #examineSchema(schema: Fields): void {
    const id = schema["id"] as number;
    const previous = this.#schemas.get(id);
    this.#require("schemaEncoding", schema["encoding"] !== "");
    this.#require("schemaIdZero", id !== 0);
    if (previous !== undefined)
      this.#require("schemaConflict", isDeepStrictEqual(previous, schema));
    if (this.#isSummary) {
      this.#require("schemaOfSummaryUnknown", previous !== undefined);
      this.#summarySchemas.add(id);
      return;
    }
    this.#require("schemaDuplicate", previous === undefined);
    this.#schemas.set(id, schema);
  }

  #examineChannel(channel: Fields): void {
    const [id, schemaId] = [channel["id"] as number, channel["schemaId"] as number];
    const previous = this.#channels.get(id);
    if (previous !== undefined) this.#require("channelConflict", isDeepStrictEqual(previous, channel)); // prettier-ignore
    this.#require("channelSchemaUnknown", schemaId === 0 || this.#schemas.has(schemaId));
    if (this.#isSummary) {
      this.#require("channelOfSummaryUnknown", previous !== undefined);
      this.#summaryChannels.add(id);
      return;
    }
    this.#require("channelDuplicate", previous === undefined);
    this.#channels.set(id, channel);
  }

  #examineChunk(chunk: Fields, offset: number, indexes: readonly McapRecord[]): void {
    if (chunk["compression"] !== "") {
      this.broken.add("chunkCompression");
      return;
    }
    const content = chunk["records"] as Uint8Array;
    this.#require("chunkSize", BigInt(content.length) === chunk["uncompressedSize"]);
    const crc = chunk["uncompressedCrc"];
    this.#require("chunkCrc", crc === 0 || crc === crc32(content));
    const byChannel = indexesByChannel(indexes);
    this.#require("messageIndexDuplicate", byChannel.size === indexes.length);
    let inner: readonly McapRecord[];
    try {
      inner = readRecords(content, 0);
    } catch {
      this.broken.add("recordUnreadable");
      return;
    }
    const times: bigint[] = [];
    const referenced = new Set<number>();
    for (const record of inner) {
      if (record.name === "Schema") this.#examineSchema(record.fields);
      else if (record.name === "Channel") this.#examineChannel(record.fields);
      else if (record.name === "Message") {
        times.push(record.fields["logTime"] as bigint);
        referenced.add(record.fields["channelId"] as number);
        this.#examineMessage(record, byChannel);
      } else this.broken.add("chunkRecord");
    }
    this.#channelsOfChunk.set(offset, referenced);
    if (times.length === 0) return;
    const [start, end] = [least(times), most(times)];
    this.#require("chunkTimes", start === chunk["messageStartTime"] && end === chunk["messageEndTime"]); // prettier-ignore
  }

  #examineMessage(
    { fields, offset }: McapRecord,
    indexes: ReadonlyMap<number, readonly (readonly [bigint, bigint])[]>,
  ): void {
    const [channelId, logTime] = [fields["channelId"] as number, fields["logTime"] as bigint];
    const counts = this.#counts;
    this.#require("messageChannelUnknown", this.#channels.has(channelId));
    this.#require("messageOrder", counts.end === null || logTime >= counts.end);
    counts.messages += 1n;
    counts.byChannel.set(channelId, (counts.byChannel.get(channelId) ?? 0n) + 1n);
    counts.start = counts.start === null || logTime < counts.start ? logTime : counts.start;
    counts.end = counts.end === null || logTime > counts.end ? logTime : counts.end;
    const entries = indexes.get(channelId);
    this.#require("messageIndexMissing", entries !== undefined);
    const entry = entries?.find(([, at]) => at === BigInt(offset));
    if (entries !== undefined) this.#require("messageIndexEntry", entry?.[0] === logTime);
  }

  /** DataEnd and Footer with their checksums, and where the summary begins. */
  #examineEnds(): void {
    const [dataEnd] = this.#named("DataEnd");
    const [footer] = this.#named("Footer");
    this.#require("dataEndMissing", dataEnd !== undefined);
    this.#require("footerMissing", footer !== undefined);
    if (dataEnd !== undefined) {
      const crc = dataEnd.fields["dataSectionCrc"];
      this.#require("dataSectionCrc", crc === 0 || crc === crc32(this.#bytes.subarray(0, dataEnd.offset))); // prettier-ignore
    }
    if (footer === undefined) return;
    const start = Number(footer.fields["summaryStart"]);
    const crcAt = footer.offset + recordHeadBytes + 16;
    const crc = footer.fields["summaryCrc"];
    this.#require("summaryCrc", crc === 0 || crc === crc32(this.#bytes.subarray(start, crcAt)));
    const afterData = this.#records[this.#records.findIndex(({ name }) => name === "DataEnd") + 1];
    const [firstOffset] = this.#named("SummaryOffset");
    this.#require("summaryStart", start === afterData?.offset && Number(footer.fields["summaryOffsetStart"]) === (firstOffset?.offset ?? 0)); // prettier-ignore
  }

  #examineChunkIndexes(): void {
    const indexes = this.#named("ChunkIndex");
    const offsets = indexes.map(({ fields }) => Number(fields["chunkStartOffset"]));
    this.#require("chunkIndexDuplicate", new Set(offsets).size === offsets.length);
    const chunks = this.#named("Chunk");
    this.#require(
      "chunkIndexMissing",
      chunks.every(({ offset }) => offsets.includes(offset)),
    );
    for (const { fields } of indexes) {
      const at = this.#records.findIndex(({ offset }) => offset === Number(fields["chunkStartOffset"])); // prettier-ignore
      const chunk = this.#records[at];
      if (chunk?.name !== "Chunk") {
        this.broken.add("chunkIndexChunk");
        continue;
      }
      const shared = ["messageStartTime", "messageEndTime", "compression", "uncompressedSize"];
      const stored = BigInt((chunk.fields["records"] as Uint8Array).length);
      this.#require(
        "chunkIndexFields",
        shared.every((name) => fields[name] === chunk.fields[name]) &&
          fields["chunkLength"] === BigInt(chunk.length) &&
          fields["compressedSize"] === stored,
      );
      this.#examineIndexOffsets(fields, this.#indexesAfter(at));
      for (const id of this.#channelsOfChunk.get(chunk.offset) ?? []) {
        const schemaId = this.#channels.get(id)?.["schemaId"] as number | undefined;
        const hasSchema = schemaId === undefined || schemaId === 0 || this.#summarySchemas.has(schemaId); // prettier-ignore
        this.#require("chunkIndexSummary", this.#summaryChannels.has(id) && hasSchema);
      }
    }
  }

  #examineIndexOffsets(index: Fields, found: readonly McapRecord[]): void {
    const expected = found.map(({ fields, offset }) => [fields["channelId"], BigInt(offset)]);
    const length = found.reduce((sum, record) => sum + record.length, 0);
    const told = [...(index["messageIndexOffsets"] as (readonly [number, bigint])[])];
    const byId = (a: readonly unknown[], b: readonly unknown[]) => Number(a[0]) - Number(b[0]);
    this.#require(
      "chunkIndexMessageIndexes",
      isDeepStrictEqual(told.sort(byId), expected.sort(byId)) &&
        index["messageIndexLength"] === BigInt(length),
    );
  }

  /** What points to metadata, to attachments, and to the groups of the summary. */
  #examineOtherIndexes(): void {
    for (const [rule, of, index] of [
      ["metadataIndex", "Metadata", "MetadataIndex"],
      ["attachmentIndex", "Attachment", "AttachmentIndex"],
    ] as const) {
      const stored = this.#named(of).map(({ fields, offset, length }) => [BigInt(offset), BigInt(length), fields["name"]]); // prettier-ignore
      const told = this.#named(index).map(({ fields }) => [fields["offset"], fields["length"], fields["name"]]); // prettier-ignore
      this.#require(rule, isDeepStrictEqual(told, stored));
    }
    const dataEndAt = this.#named("DataEnd")[0]?.offset ?? Infinity;
    for (const { fields } of this.#named("SummaryOffset")) {
      const group = this.#records.filter(
        ({ opcode, offset }) => opcode === fields["groupOpcode"] && offset > dataEndAt,
      );
      const length = group.reduce((sum, record) => sum + record.length, 0);
      this.#require("summaryOffset", group[0]?.offset === Number(fields["groupStart"]) && length === Number(fields["groupLength"])); // prettier-ignore
    }
  }

  /** Channels that statistics count must stand in the summary before them. */
  #examineStatisticsPlace(statistics: Fields): void {
    const counted = (statistics["channelMessageCounts"] as (readonly [number, bigint])[]).map(([id]) => id); // prettier-ignore
    if (counted.length === 0) return;
    const needed = [...this.#channels.keys(), ...counted];
    this.#require(
      "statisticsChannels",
      needed.every((id) => this.#summaryChannels.has(id)),
    );
  }

  #examineStatistics(): void {
    const [statistics, ...more] = this.#named("Statistics");
    this.#require("statisticsDuplicate", more.length === 0);
    if (statistics === undefined) return;
    const { fields } = statistics;
    const { messages, byChannel, start, end } = this.#counts;
    this.#require("statisticsTimes", messages === 0n || (fields["messageStartTime"] === start && fields["messageEndTime"] === end)); // prettier-ignore
    const told = new Map(fields["channelMessageCounts"] as (readonly [number, bigint])[]);
    const isCounted =
      fields["messageCount"] === messages &&
      [...byChannel].every(([id, count]) => told.get(id) === count) &&
      fields["schemaCount"] === this.#schemas.size &&
      fields["channelCount"] === this.#channels.size &&
      fields["attachmentCount"] === this.#named("Attachment").length &&
      fields["metadataCount"] === this.#named("Metadata").length &&
      fields["chunkCount"] === this.#named("Chunk").length;
    this.#require("statisticsCounts", isCounted);
  }
}

function indexesByChannel(indexes: readonly McapRecord[]) {
  return new Map(
    indexes.map(({ fields }) => [
      fields["channelId"] as number,
      fields["records"] as (readonly [bigint, bigint])[],
    ]),
  );
}

function least(values: readonly bigint[]): bigint {
  return values.reduce((a, b) => (b < a ? b : a));
}

function most(values: readonly bigint[]): bigint {
  return values.reduce((a, b) => (b > a ? b : a));
}
