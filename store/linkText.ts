import { digestBytes, fieldText, type Digest } from "../src/core/digest.ts";
import { fieldsOf, type ChainLink } from "./chainDigest.ts";

const zero = 0x30;
const asciiLimit = 0x80;
const digestLength = 64;
/** Numbers below are divided as integers, which is faster. */
const smallLimit = 1e9;
const smallDigits = 9;

/** Where a number stands in a text, and which numbers have as many digits. */
interface NumberPlace {
  /** Behind its last digit. */
  readonly end: number;
  readonly least: number;
  /** The least that has a digit more. */
  readonly limit: number;
}

/**
 * The text that the chain digests of one source are taken of. From one link to the next only digests,
 * digits and letters of the id change, so they are written into the text of the link before.
 */
export class LinkText {
  readonly #sample: ChainLink;
  readonly #text: Buffer;
  readonly #previousStart: number;
  readonly #seq: NumberPlace;
  readonly #idStart: number;
  readonly #sourceTime: NumberPlace;
  readonly #logTime: NumberPlace;
  readonly #payloadStart: number;
  readonly #contentStart: number;

  /** @param sample - plain, see `isPlainLink`. */
  constructor(sample: ChainLink) {
    const fields = fieldsOf(sample).map((field) => Buffer.from(fieldText(field)));
    const { seq, id, sourceTimeUs, logTimeUs } = sample;
    const ends = valueEndsOf(fields);
    this.#sample = sample;
    this.#text = Buffer.concat(fields);
    this.#previousStart = ends[0]! - digestLength;
    this.#seq = numberPlace(ends[2]!, seq);
    this.#idStart = ends[3]! - id.length;
    this.#sourceTime = numberPlace(ends[7]!, sourceTimeUs);
    this.#logTime = numberPlace(ends[8]!, logTimeUs);
    this.#payloadStart = ends[12]! - digestLength;
    this.#contentStart = ends[13]! - digestLength;
  }

  /** @param link - plain. Whether all in which it differs from the sample has its place. */
  fits(link: ChainLink): boolean {
    const sample = this.#sample;
    return (
      link.id.length === sample.id.length &&
      link.type === sample.type &&
      link.session === sample.session &&
      link.producer === sample.producer &&
      link.version === sample.version &&
      link.kind === sample.kind &&
      isAsLong(this.#seq, link.seq) &&
      isAsLong(this.#sourceTime, link.sourceTimeUs) &&
      isAsLong(this.#logTime, link.logTimeUs)
    );
  }

  /**
   * @param link - plain, and one that fits.
   * @returns what `chainDigestOf` would; undefined for an id that is not all ASCII.
   */
  digestOf(link: ChainLink): Digest | undefined {
    const text = this.#text;
    if (!writeAscii(text, this.#idStart, link.id)) return undefined;
    writeDigest(text, this.#previousStart, link.previous);
    writeNumber(text, this.#seq.end, link.seq);
    writeNumber(text, this.#sourceTime.end, link.sourceTimeUs);
    writeNumber(text, this.#logTime.end, link.logTimeUs);
    const start = this.#payloadStart;
    writeDigest(text, start, link.payload);
    // Of a payload without media both digests are the same.
    if (link.content === link.payload)
      text.copyWithin(this.#contentStart, start, start + digestLength);
    else writeDigest(text, this.#contentStart, link.content);
    return digestBytes(text);
  }
}

/** Facts without causes, as a stream's are: every such link has the same fields. */
export function isPlainLink(link: ChainLink): boolean {
  return (
    link.causes.length === 0 &&
    link.seed === null &&
    link.key === null &&
    Number.isSafeInteger(link.sourceTimeUs) &&
    Number.isSafeInteger(link.logTimeUs) &&
    link.sourceTimeUs >= 0 &&
    link.logTimeUs >= 0
  );
}

/** Where each field's value ends in the text of all, before its semicolon. */
function valueEndsOf(fields: readonly Buffer[]): readonly number[] {
  let end = 0;
  return fields.map((field) => (end += field.length) - 1);
}

function numberPlace(end: number, value: number): NumberPlace {
  const limit = 10 ** String(value).length;
  return { end, least: limit > 10 ? limit / 10 : 0, limit };
}

function isAsLong({ least, limit }: NumberPlace, value: number): boolean {
  return value >= least && value < limit;
}

/** A call of native code, which takes as long as about thirty letters one by one. */
function writeDigest(text: Buffer, start: number, digest: Digest): void {
  text.write(digest, start, digestLength, "latin1");
}

/** @returns whether that was possible; the letters before the first that is not ASCII are written. */
function writeAscii(text: Buffer, start: number, letters: string): boolean {
  for (let index = 0; index < letters.length; index++) {
    const code = letters.charCodeAt(index);
    if (code >= asciiLimit) return false;
    text[start + index] = code;
  }
  return true;
}

/** @param value - whole, not negative, with as many digits as are there. */
function writeNumber(text: Buffer, end: number, value: number): void {
  if (value < smallLimit) {
    writeDigits(text, end, value, 1);
    return;
  }
  const high = Math.floor(value / smallLimit);
  writeDigits(text, end, value - high * smallLimit, smallDigits);
  writeDigits(text, end - smallDigits, high, 1);
}

/** @param digits - at least; zeros come before a number that has fewer. */
function writeDigits(text: Buffer, end: number, value: number, digits: number): void {
  let rest = value | 0;
  for (let at = end - 1; rest > 0 || at >= end - digits; at--) {
    const higher = (rest / 10) | 0;
    text[at] = zero + rest - higher * 10;
    rest = higher;
  }
}
