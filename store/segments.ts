import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  write,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

/** A file is closed and the next one begun once it holds this much. */
const maxSegmentBytes = 1024 * 1024 * 1024;

const writeAsync = promisify(write);
const fdatasyncAsync = promisify(fdatasync);

/** Bytes that may be written before the disk is asked to take them. */
const hastenBytes = 8 * 1024 * 1024;

/** Where bytes lie outside the tables. */
export interface BlobPlace {
  /** Number of the segment file. */
  readonly segment: number;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

interface SegmentFile {
  readonly segment: number;
  /** Descriptor. */
  readonly file: number;
  endBytes: number;
}

/** The folder beside a log that holds its segment files. */
export function segmentFolder(logPath: string): string {
  return `${logPath}.segments`;
}

export function segmentPath(logPath: string, segment: number): string {
  return join(segmentFolder(logPath), `${String(segment).padStart(6, "0")}.seg`);
}

/**
 * Append-only files beside a log for bytes that are too large for its tables. A writer makes segments
 * of its own and never goes on with one that it finds: what a crash left at a file's end is named by
 * no row, and two writers cannot meet in one file.
 *
 * A row may name a place only once `sync` or `settle` has returned after its append: the bytes are on
 * the disk before any row can be.
 */
export class Segments {
  readonly #logPath: string;
  readonly #readers = new Map<number, number>();
  /** Those that are written to; the last one takes what comes next. */
  #files: SegmentFile[] = [];
  #isDirty = false;
  #pending: Promise<void>[] = [];
  /** Appended since the disk was last asked. */
  #unhastenedBytes = 0;

  constructor(logPath: string) {
    this.#logPath = logPath;
  }

  /** Writes at once. */
  append(bytes: Uint8Array): BlobPlace {
    const { file, place } = this.#reserve(bytes.length);
    let written = 0;
    while (written < bytes.length) {
      const rest = bytes.length - written;
      written += writeSync(file, bytes, written, rest, place.offsetBytes + written);
    }
    return place;
  }

  /** Writes beside this thread, which may digest the next bytes meanwhile; `settle` waits for it. */
  appendAsync(bytes: Uint8Array): BlobPlace {
    const { file, place } = this.#reserve(bytes.length);
    const work = async () => {
      let written = 0;
      while (written < bytes.length) {
        const rest = bytes.length - written;
        const offset = place.offsetBytes + written;
        written += (await writeAsync(file, bytes, written, rest, offset)).bytesWritten;
      }
    };
    const pending = work();
    // `settle` tells of a failure; until then nobody listens.
    pending.catch(() => undefined);
    this.#pending.push(pending);
    this.#hasten(bytes.length);
    return place;
  }

  /** Waits until all bytes appended so far are on the disk. */
  async settle(): Promise<void> {
    await Promise.all(this.#pending.splice(0));
    if (!this.#isDirty) return;
    for (const { file } of this.#files) await fdatasyncAsync(file);
    this.#rest();
  }

  /** The same for what `append` wrote. */
  sync(): void {
    if (!this.#isDirty) return;
    for (const { file } of this.#files) fdatasyncSync(file);
    this.#rest();
  }

  /** @returns the bytes at a place, or undefined when the file does not hold them all. */
  read({ segment, offsetBytes, lengthBytes }: BlobPlace): Uint8Array | undefined {
    const file = this.#reader(segment);
    if (file === undefined) return undefined;
    const bytes = Buffer.allocUnsafeSlow(lengthBytes);
    let read = 0;
    while (read < lengthBytes) {
      const more = readSync(file, bytes, read, lengthBytes - read, offsetBytes + read);
      if (more === 0) return undefined;
      read += more;
    }
    return bytes;
  }

  close(): void {
    for (const file of this.#readers.values()) closeSync(file);
    this.#readers.clear();
    for (const { file } of this.#files.splice(0)) closeSync(file);
  }

  /**
   * Has the disk take what is written while more comes, so that `settle` need not wait for all of it
   * at the end: that alone doubled the rate of raw frames.
   */
  #hasten(lengthBytes: number): void {
    this.#unhastenedBytes += lengthBytes;
    const current = this.#files.at(-1);
    if (this.#unhastenedBytes < hastenBytes || current === undefined) return;
    this.#unhastenedBytes = 0;
    const hastened = Promise.all(this.#pending).then(() => fdatasyncAsync(current.file));
    hastened.catch(() => undefined);
    this.#pending.push(hastened);
  }

  /** Everything is on the disk: only the last file is still written to. */
  #rest(): void {
    this.#isDirty = false;
    this.#unhastenedBytes = 0;
    for (const { file } of this.#files.splice(0, this.#files.length - 1)) closeSync(file);
  }

  #reserve(lengthBytes: number): { readonly file: number; readonly place: BlobPlace } {
    let current = this.#files.at(-1);
    if (current === undefined || current.endBytes + lengthBytes > maxSegmentBytes) {
      current = this.#begin();
      this.#files.push(current);
    }
    const { segment, file, endBytes: offsetBytes } = current;
    current.endBytes += lengthBytes;
    this.#isDirty = true;
    return { file, place: { segment, offsetBytes, lengthBytes } };
  }

  #begin(): SegmentFile {
    const folder = segmentFolder(this.#logPath);
    mkdirSync(folder, { recursive: true });
    for (let segment = 1; ; segment++) {
      try {
        const file = openSync(segmentPath(this.#logPath, segment), "wx");
        // The file's name must be on the disk as well before a row may count on it.
        syncFolder(folder);
        syncFolder(dirname(folder));
        return { segment, file, endBytes: 0 };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
    }
  }

  #reader(segment: number): number | undefined {
    const known = this.#readers.get(segment);
    if (known !== undefined) return known;
    try {
      const file = openSync(segmentPath(this.#logPath, segment), "r");
      this.#readers.set(segment, file);
      return file;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }
}

function syncFolder(folder: string): void {
  const file = openSync(folder, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
