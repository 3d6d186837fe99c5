import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { describe, expect, it } from "vitest";
import { importLerobot, openLerobotSource } from "../../../src/app/imports/importLerobot.ts";
import { silentProgress } from "../../../src/app/progress.ts";
import { ManualClock } from "../../../src/core/clock.ts";
import { digestBytes } from "../../../src/core/digest.ts";
import { createRgbImage } from "../../../src/core/image.ts";
import { cameraFrameCaptured } from "../../../src/events/environment.ts";
import { featureImported } from "../../../src/events/exchange.ts";
import type { PayloadOf } from "../../../src/events/eventDefinition.ts";
import { encodeJpeg, encodePng } from "../../../src/media/imageFormat.ts";
import { createMemoryLog } from "../../../store/openLog.ts";
import { temporaryPath } from "../../store/temporaryLog.ts";

const [widthPx, heightPx] = [12, 8];
const rowCount = 4;
const wrist = "observation.images.wrist";

function pictureAt(row: number, size = { widthPx, heightPx }) {
  const pixels = new Uint8Array(3 * size.widthPx * size.heightPx).fill(40 * row);
  return createRgbImage(size.widthPx, size.heightPx, pixels);
}

/** Of the first row's clock; a 32-bit float has no such number. */
const firstTick = 2n ** 53n - 9n;

/** Rows as the datasets library stores them: a picture is a struct of its bytes and a path. */
function rowsFile(pictures: readonly (Uint8Array | null)[], tick: bigint): Uint8Array {
  const bytes = new ByteWriter();
  const writer = new ParquetWriter({
    writer: bytes,
    schema: [
      { name: "schema", num_children: 6 },
      { name: wrist, repetition_type: "OPTIONAL", num_children: 2 },
      { name: "bytes", repetition_type: "OPTIONAL", type: "BYTE_ARRAY" },
      { name: "path", repetition_type: "OPTIONAL", type: "BYTE_ARRAY", converted_type: "UTF8" },
      { name: "frame_index", repetition_type: "OPTIONAL", type: "INT64" },
      { name: "ticks", repetition_type: "OPTIONAL", type: "INT64" },
      { name: "gain", repetition_type: "OPTIONAL", type: "DOUBLE" },
      { name: "pose", repetition_type: "OPTIONAL", converted_type: "LIST", num_children: 1 },
      { name: "list", repetition_type: "REPEATED", num_children: 1 },
      { name: "element", repetition_type: "OPTIONAL", converted_type: "LIST", num_children: 1 },
      { name: "list", repetition_type: "REPEATED", num_children: 1 },
      { name: "element", repetition_type: "OPTIONAL", type: "FLOAT" },
      { name: "language", repetition_type: "OPTIONAL", type: "BYTE_ARRAY", converted_type: "UTF8" },
    ],
  });
  const rows = pictures.map((picture, row) => row);
  void writer.write({
    columnData: [
      { name: wrist, data: pictures.map((picture, row) => ({ bytes: picture, path: `${row}.png` })) }, // prettier-ignore
      { name: "frame_index", data: rows.map(BigInt) },
      { name: "ticks", data: rows.map((row) => tick + BigInt(row)) },
      { name: "gain", data: rows.map((row) => row + 0.1) },
      { name: "pose", data: rows.map((row) => [[row, 1], [2, 3]]) }, // prettier-ignore
      { name: "language", data: rows.map(() => "pick it up") },
    ],
    rowGroupSize: rows.length,
  });
  void writer.finish();
  return bytes.getBytes();
}

/** A data set of version 2.1 with one episode, its pictures in its rows. */
function datasetOf(
  pictures: readonly (Uint8Array | null)[],
  shape: object,
  tick: bigint = firstTick,
): string {
  const root = temporaryPath("rows");
  const write = (name: string, content: Uint8Array | string) => {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  };
  const info = {
    ...{ codebase_version: "v2.1", fps: 10, chunks_size: 1000, video_path: null },
    ...{ total_episodes: 1, total_frames: pictures.length, data_path: "data/{episode_index}.parquet" }, // prettier-ignore
    features: {
      [wrist]: { dtype: "image", ...shape },
      pose: { dtype: "float32", shape: [2, 2], names: null },
      ticks: { dtype: "int64", shape: [1], names: null },
      gain: { dtype: "float64", shape: [1], names: null },
      language: { dtype: "string", shape: [1], names: null },
      frame_index: { dtype: "int64", shape: [1], names: null },
    },
  };
  const episode = { episode_index: 0, tasks: ["Pick it up."], length: pictures.length };
  write("meta/info.json", JSON.stringify(info));
  write("meta/episodes.jsonl", `${JSON.stringify(episode)}\n`);
  write("data/0.parquet", rowsFile(pictures, tick));
  return root;
}

const rowsFirst = { shape: [heightPx, widthPx, 3], names: ["height", "width", "channel"] };
const channelsFirst = { shape: [3, heightPx, widthPx], names: ["channels", "height", "width"] };

async function imported(from: string) {
  const { log, blobs } = createMemoryLog({ clock: new ManualClock(0) });
  const { signal } = new AbortController();
  const source = await openLerobotSource({ from, name: "set" });
  const result = await importLerobot(source, { log, blobs, progress: silentProgress, signal });
  const payloads = async <Payload>(type: string) =>
    (await log.read({ types: [type] })).map(({ payload }) => payload as Payload);
  return {
    result,
    frames: await payloads<PayloadOf<typeof cameraFrameCaptured>>(cameraFrameCaptured.type),
    features: await payloads<PayloadOf<typeof featureImported>>(featureImported.type),
  };
}

async function pngs(): Promise<Uint8Array[]> {
  return Promise.all(Array.from({ length: rowCount }, (_, row) => encodePng(pictureAt(row >> 1))));
}

describe("a LeRobot data set with its pictures in its rows", () => {
  it.each([
    ["height first", rowsFirst],
    ["channels first", channelsFirst],
    ["sides without names", { ...rowsFirst, names: null }],
    ["channels first, without names", { ...channelsFirst, names: null }],
  ])("gives the very files, each once while it does not change: %s", async (_what, shape) => {
    const files = await pngs();
    const { result, frames } = await imported(datasetOf(files, shape));
    expect(result.frames).toBe(2);
    expect(frames).toMatchObject([
      { camera: "wrist", phase: "start", image: { widthPx, heightPx } },
      { camera: "wrist", phase: "motion", image: { widthPx, heightPx } },
    ]);
    expect(frames.map(({ image }) => [image.blob.mediaType, image.blob.digest])).toEqual(
      [files[0]!, files[2]!].map((file) => ["image/png", digestBytes(file)]),
    );
  });

  it("gives JPEGs as well, tables of numbers row by row, and tells what it has no place for", async () => {
    const files = [await encodeJpeg(pictureAt(1)), await encodeJpeg(pictureAt(2))];
    const { result, frames, features } = await imported(datasetOf(files, rowsFirst));
    expect(frames.map(({ image }) => image.blob.mediaType)).toEqual(["image/jpeg", "image/jpeg"]);
    expect(features[0]).toMatchObject({ feature: "pose", width: 4, rowCount: 2 });
    expect(features[0]!.values).toEqual(Float32Array.of(0, 1, 2, 3, 1, 1, 2, 3));
    expect(result.leftOut).toEqual(["language (string)"]);
  });

  it("keeps every digit of numbers that 32 bits do not hold", async () => {
    const { features } = await imported(datasetOf((await pngs()).slice(0, 2), rowsFirst));
    const valuesOf = (name: string) => features.find(({ feature }) => feature === name)!.values;
    expect(valuesOf("ticks")).toEqual(Float64Array.of(2 ** 53 - 9, 2 ** 53 - 8));
    expect(valuesOf("gain")).toEqual(Float64Array.of(0.1, 1.1));
  });

  it("is refused where a number has more digits than it could keep", async () => {
    const set = datasetOf((await pngs()).slice(0, 2), rowsFirst, 2n ** 53n - 1n);
    await expect(imported(set)).rejects.toMatchObject({
      code: "DATASET_INVALID",
      message: expect.stringContaining("ticks at row 1 is 9007199254740992") as string,
    });
  });

  it.each<[string, () => Promise<(Uint8Array | null)[]>]>([
    ["none in a row", async () => (await pngs()).with(1, null as never)],
    ["one of another size", async () => (await pngs()).with(2, await encodePng(pictureAt(1, { widthPx: 6, heightPx: 8 })))], // prettier-ignore
    ["an SVG", async () => (await pngs()).with(1, Buffer.from('<svg width="12" height="8"/>'))],
    ["one that is cut off", async () => (await pngs()).with(2, (await encodePng(pictureAt(3))).subarray(0, 60))], // prettier-ignore
  ])("is refused with %s", async (_what, pictures) => {
    await expect(imported(datasetOf(await pictures(), rowsFirst))).rejects.toMatchObject({
      code: "DATASET_INVALID",
    });
  });
});
