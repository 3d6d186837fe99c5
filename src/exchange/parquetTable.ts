import type { KeyValue, SchemaElement } from "hyparquet";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";

/** What a cell of a column is: a value, or lists of values to some depth. */
export interface ParquetColumn {
  readonly name: string;
  readonly type: "int64" | "float" | "double" | "bool" | "text";
  /** 0 for a value, 1 for a list of values, 3 for the (3, 1, 1) of picture statistics. */
  readonly listDepth?: 0 | 1 | 3;
}

type Cell = bigint | number | boolean | string | readonly Cell[];
/** Rows by column name; int64 as bigint. */
export type ParquetRow = Readonly<Record<string, Cell>>;
/** The same, column by column, all of one length. */
export type ParquetCells = Readonly<Record<string, readonly Cell[]>>;

const elementOf: Readonly<Record<ParquetColumn["type"], Omit<SchemaElement, "name">>> = {
  int64: { type: "INT64" },
  float: { type: "FLOAT" },
  double: { type: "DOUBLE" },
  bool: { type: "BOOLEAN" },
  text: { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } },
};

/** A Parquet file in the making. */
export interface ParquetFile {
  /** Bytes so far. */
  lengthBytes(): number;
  /** Rows of one row group. */
  add(rows: readonly ParquetRow[]): void;
  /** The same, which is quicker where there are many. */
  addColumns(cells: ParquetCells, rowCount: number): void;
  /** Writes the footer; nothing can be added after it. */
  finish(): Uint8Array;
}

/**
 * Begins a Parquet file, compressed with snappy.
 *
 * @param metadata - for readers that look for more than the columns, by key.
 */
export function createParquetFile(
  columns: readonly ParquetColumn[],
  metadata: Readonly<Record<string, string>> = {},
): ParquetFile {
  const bytes = new ByteWriter();
  const kvMetadata: KeyValue[] = Object.entries(metadata).map(([key, value]) => ({ key, value }));
  const writer = new ParquetWriter({
    writer: bytes,
    schema: [{ name: "schema", num_children: columns.length }, ...columns.flatMap(schemaOf)],
    codec: "SNAPPY",
    kvMetadata,
    createdBy: "dreamlog",
  });
  // Both are synchronous over a writer in memory.
  const write = (dataOf: (name: string) => unknown[], rowCount: number) => {
    const columnData = columns.map(({ name }) => ({ name, data: dataOf(name) }));
    void writer.write({ columnData, rowGroupSize: rowCount });
  };
  return {
    lengthBytes: () => bytes.offset,
    add: (rows) => write((name) => rows.map((row) => row[name]), rows.length),
    addColumns: (cells, rowCount) => write((name) => [...(cells[name] ?? [])], rowCount),
    finish() {
      void writer.finish();
      return bytes.getBytes();
    },
  };
}

/** Lists are the three-level form that every reader knows. */
function schemaOf({ name, type, listDepth = 0 }: ParquetColumn): SchemaElement[] {
  const leaf = (leafName: string): SchemaElement => ({
    name: leafName,
    repetition_type: "OPTIONAL",
    ...elementOf[type],
  });
  const levels: SchemaElement[] = [];
  for (let depth = 0; depth < listDepth; depth++) {
    levels.push(
      {
        name: depth === 0 ? name : "element",
        repetition_type: "OPTIONAL",
        converted_type: "LIST",
        num_children: 1,
      },
      { name: "list", repetition_type: "REPEATED", num_children: 1 },
    );
  }
  return [...levels, leaf(listDepth === 0 ? name : "element")];
}
