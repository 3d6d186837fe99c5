import { DreamlogError } from "../core/errors.ts";
import { concatenate } from "./concatenate.ts";
import {
  checkedElement,
  children,
  element,
  text,
  unsigned,
  unsignedOf,
  type EbmlElement,
} from "./ebml.ts";

/*
 * Matroska (RFC 9559) with one video track. Written here and not by ffmpeg, so that one ffmpeg
 * process can encode or decode many clips through a pipe, and equal packets give equal bytes.
 */

const id = {
  header: 0x1a45dfa3,
  docType: 0x4282,
  docTypeVersion: 0x4287,
  docTypeReadVersion: 0x4285,
  segment: 0x18538067,
  info: 0x1549a966,
  timestampScale: 0x2ad7b1,
  muxingApp: 0x4d80,
  writingApp: 0x5741,
  tracks: 0x1654ae6b,
  trackEntry: 0xae,
  trackNumber: 0xd7,
  trackUid: 0x73c5,
  trackType: 0x83,
  flagLacing: 0x9c,
  codecId: 0x86,
  codecPrivate: 0x63a2,
  defaultDuration: 0x23e383,
  video: 0xe0,
  pixelWidth: 0xb0,
  pixelHeight: 0xba,
  cluster: 0x1f43b675,
  timestamp: 0xe7,
  simpleBlock: 0xa3,
  blockGroup: 0xa0,
  block: 0xa1,
} as const;

const videoTrack = 1;
const keyframeFlag = 0x80;
const lacingFlags = 0x06;
/** Block times are 16-bit milliseconds within their cluster. */
const clusterSpanMs = 30_000;
const nanosecondsPerSecond = 1e9;

/** How the packets are to be decoded. */
export interface VideoTrack {
  readonly codecId: string;
  /** The codec's own header, empty when it has none. */
  readonly codecPrivate: Uint8Array;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** One encoded frame. */
export interface VideoPacket {
  readonly isKeyframe: boolean;
  readonly bytes: Uint8Array;
}

export interface MatroskaVideo extends VideoTrack {
  /** Frames per second, to six decimals; null when the file does not say. */
  readonly fps: number | null;
  readonly packets: readonly VideoPacket[];
}

/** @returns a Matroska file with the packets evenly spaced in time. */
export function writeMatroska(
  track: VideoTrack,
  fps: number,
  packets: readonly VideoPacket[],
): Uint8Array {
  const header = element(
    id.header,
    text(id.docType, "matroska"),
    unsigned(id.docTypeVersion, 4),
    unsigned(id.docTypeReadVersion, 2),
  );
  const info = checkedElement(
    id.info,
    unsigned(id.timestampScale, 1_000_000),
    text(id.muxingApp, "dreamlog"),
    text(id.writingApp, "dreamlog"),
  );
  const body = [info, tracks(track, fps), ...clusters(fps, packets)];
  return concatenate([header, element(id.segment, ...body)]);
}

function tracks(track: VideoTrack, fps: number): Uint8Array {
  const { codecId, codecPrivate, widthPx, heightPx } = track;
  return checkedElement(
    id.tracks,
    element(
      id.trackEntry,
      unsigned(id.trackNumber, videoTrack),
      unsigned(id.trackUid, videoTrack),
      unsigned(id.trackType, 1),
      unsigned(id.flagLacing, 0),
      text(id.codecId, codecId),
      ...(codecPrivate.length > 0 ? [element(id.codecPrivate, codecPrivate)] : []),
      unsigned(id.defaultDuration, Math.round(nanosecondsPerSecond / fps)),
      element(id.video, unsigned(id.pixelWidth, widthPx), unsigned(id.pixelHeight, heightPx)),
    ),
  );
}

function clusters(fps: number, packets: readonly VideoPacket[]): Uint8Array[] {
  const written: Uint8Array[] = [];
  let blocks: Uint8Array[] = [];
  let startMs = 0;
  const finish = () => {
    if (blocks.length === 0) return;
    written.push(checkedElement(id.cluster, unsigned(id.timestamp, startMs), ...blocks));
    blocks = [];
  };
  for (const [frame, { isKeyframe, bytes }] of packets.entries()) {
    const timeMs = Math.round((frame * 1000) / fps);
    if (timeMs - startMs > clusterSpanMs) {
      finish();
      startMs = timeMs;
    }
    const sinceStart = timeMs - startMs;
    const head = [0x80 | videoTrack, sinceStart >> 8, sinceStart & 0xff];
    const flags = isKeyframe ? keyframeFlag : 0;
    blocks.push(element(id.simpleBlock, Uint8Array.from([...head, flags]), bytes));
  }
  finish();
  return written;
}

/**
 * Reads a Matroska file with one video track; packets are views of `bytes`.
 *
 * @throws {DreamlogError} `VIDEO_INVALID` for other or damaged files.
 */
export function readMatroska(bytes: Uint8Array): MatroskaVideo {
  const [header, segment] = [...children(bytes)];
  if (header?.id !== id.header || segment?.id !== id.segment) {
    throw invalid("a Matroska header and one segment");
  }
  let track: Omit<MatroskaVideo, "packets"> | undefined;
  const packets: VideoPacket[] = [];
  for (const part of partsOf(segment)) {
    if (part.id === id.tracks) track = readTrack(part);
    else if (part.id === id.simpleBlock) packets.push(readBlock(part.content));
    else if (part.id === id.blockGroup) {
      const parts = [...children(part.content)];
      const block = parts.find((child) => child.id === id.block);
      if (block !== undefined) packets.push(readBlock(block.content));
    }
  }
  if (track === undefined) throw invalid("a video track");
  return { ...track, packets };
}

/** The segment's parts, those of clusters in line; a cluster of unknown size holds what follows it. */
function* partsOf(parent: EbmlElement): Generator<EbmlElement> {
  for (const part of children(parent.content)) {
    if (part.id === id.cluster) yield* partsOf(part);
    else yield part;
  }
}

function readTrack(tracksElement: EbmlElement): Omit<MatroskaVideo, "packets"> {
  const entries = [...children(tracksElement.content)].filter((part) => part.id === id.trackEntry);
  const fields = entries.length === 1 ? contentsById(entries[0]!.content) : undefined;
  const video = contentsById(fields?.get(id.video) ?? new Uint8Array());
  const codecId = fields?.get(id.codecId);
  const widthPx = unsignedOf(video.get(id.pixelWidth) ?? new Uint8Array());
  const heightPx = unsignedOf(video.get(id.pixelHeight) ?? new Uint8Array());
  if (codecId === undefined || widthPx === 0 || heightPx === 0) {
    throw invalid("exactly one video track with a codec and a size");
  }
  const duration = fields?.get(id.defaultDuration);
  return {
    codecId: new TextDecoder().decode(codecId),
    codecPrivate: fields?.get(id.codecPrivate) ?? new Uint8Array(),
    widthPx,
    heightPx,
    fps: duration === undefined ? null : rounded(nanosecondsPerSecond / unsignedOf(duration)),
  };
}

function contentsById(content: Uint8Array): Map<number, Uint8Array> {
  return new Map([...children(content)].map((part) => [part.id, part.content]));
}

/** Durations are whole nanoseconds, which blurs a rate beyond the sixth decimal. */
function rounded(fps: number): number {
  return Math.round(fps * 1e6) / 1e6;
}

function readBlock(content: Uint8Array): VideoPacket {
  const flags = content[3];
  if (content[0] !== (0x80 | videoTrack) || flags === undefined || (flags & lacingFlags) !== 0) {
    throw invalid("blocks of track 1 without lacing");
  }
  return { isKeyframe: (flags & keyframeFlag) !== 0, bytes: content.subarray(4) };
}

function invalid(expected: string): DreamlogError {
  return new DreamlogError(
    "VIDEO_INVALID",
    `expected ${expected}, found none; the file is damaged or no video of dreamlog`,
    { expected },
  );
}
