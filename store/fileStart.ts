import { closeSync, existsSync, openSync, readSync, statSync } from "node:fs";

// https://www.sqlite.org/fileformat2.html#the_database_header
const headerBytes = 100;
const pageSizeOffset = 16;
const pageCountOffset = 28;
/** Pages of 65536 bytes, which two bytes cannot say, are written so. */
const largestPageMark = 1;
const largestPageBytes = 65_536;

/** The first bytes of a file; fewer where it is shorter. */
export function readStart(path: string, lengthBytes: number): Buffer {
  const file = openSync(path, "r");
  try {
    const start = Buffer.alloc(lengthBytes);
    return start.subarray(0, readSync(file, start, 0, lengthBytes, 0));
  } finally {
    closeSync(file);
  }
}

/** What an SQLite file lacks at its end. */
export interface CutOff {
  /** By what its first page says; at least, where that is cut off as well. */
  readonly expectedBytes: number;
  readonly foundBytes: number;
}

/**
 * For a file that SQLite would not open: one that is open elsewhere may be shorter than it says for as
 * long as its write-ahead log has the rest.
 *
 * @returns undefined when nothing is missing, or there is no file.
 */
export function cutOffOf(path: string): CutOff | undefined {
  if (!existsSync(path)) return undefined;
  const header = readStart(path, headerBytes);
  const foundBytes = statSync(path).size;
  if (header.length < headerBytes) return { expectedBytes: headerBytes, foundBytes };
  const pageSize = header.readUInt16BE(pageSizeOffset);
  const pageBytes = pageSize === largestPageMark ? largestPageBytes : pageSize;
  const expectedBytes = pageBytes * header.readUInt32BE(pageCountOffset);
  return foundBytes < expectedBytes ? { expectedBytes, foundBytes } : undefined;
}
