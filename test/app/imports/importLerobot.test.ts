import { cpSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parquetReadObjects } from "hyparquet";
import { describe, expect, it } from "vitest";
import { exportLerobot } from "../../../src/app/exports/exportLerobot.ts";
import { readEpisodes } from "../../../src/app/exports/readEpisodes.ts";
import { importLerobot, openLerobotSource } from "../../../src/app/imports/importLerobot.ts";
import { silentProgress } from "../../../src/app/progress.ts";
import { ManualClock } from "../../../src/core/clock.ts";
import { cameraFrameCaptured } from "../../../src/events/environment.ts";
import { featureImported } from "../../../src/events/exchange.ts";
import type { PayloadOf } from "../../../src/events/eventDefinition.ts";
import { createParquetFile } from "../../../src/exchange/parquetTable.ts";
import { createMemoryLog, type OpenLog } from "../../../store/openLog.ts";
import { recordSession } from "../../exchange/recordedSession.ts";
import { temporaryPath } from "../../store/temporaryLog.ts";

const signal = new AbortController().signal;

function emptyLog(): OpenLog {
  return createMemoryLog({ clock: new ManualClock(0) });
}

function exportRequest(open: OpenLog, to: string, prefix = "") {
  const { log, blobs } = open;
  const uptoPosition = Number.MAX_SAFE_INTEGER;
  return { log, blobs, prefix, uptoPosition, to, progress: silentProgress, signal };
}

/** Two sessions of a log as a data set without loss. */
async function exported() {
  const open = emptyLog();
  await recordSession(open, { session: "collect/0", stepCount: 12, score: 1 });
  await recordSession(open, { session: "collect/1", stepCount: 9 });
  const request = exportRequest(open, temporaryPath("set"));
  await exportLerobot(request, "lossless");
  return { open, request, from: request.to };
}

async function imported(from: string, open = emptyLog()) {
  const { log, blobs } = open;
  const source = await openLerobotSource({ from, name: "set" });
  const result = await importLerobot(source, { log, blobs, progress: silentProgress, signal });
  return { open, result };
}

async function pictureDigests({ log }: OpenLog, session: string): Promise<string[]> {
  const events = await log.read({ session, types: [cameraFrameCaptured.type] });
  return events
    .map(({ payload }) => payload as PayloadOf<typeof cameraFrameCaptured>)
    .filter(({ phase }) => phase !== "goal")
    .map(({ image }) => image.decoded);
}

/** The same data set in the layout of version 2.1. */
async function asVersion2(from: string): Promise<string> {
  const to = temporaryPath("v2");
  const info = JSON.parse(readFileSync(join(from, "meta/info.json"), "utf8")) as object;
  const write = (name: string, content: Uint8Array | string) => {
    mkdirSync(dirname(join(to, name)), { recursive: true });
    writeFileSync(join(to, name), content);
  };
  write(
    "meta/info.json",
    JSON.stringify({
      ...info,
      codebase_version: "v2.1",
      data_path: "data/chunk-{episode_chunk:03d}/episode_{episode_index:06d}.parquet",
      video_path: "videos/chunk-{episode_chunk:03d}/{video_key}/episode_{episode_index:06d}.mp4",
    }),
  );
  const bytes = readFileSync(join(from, "data/chunk-000/file-000.parquet"));
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  const rows = await parquetReadObjects({ file });
  const episodes = [0, 1].map((episode) => {
    const own = rows.filter((row) => row["episode_index"] === BigInt(episode)) as never[];
    const table = createParquetFile([
      { name: "frame_index", type: "int64" },
      { name: "observation.state", type: "float", listDepth: 1 },
      { name: "action", type: "float", listDepth: 1 },
      { name: "next.reward", type: "float" },
      { name: "next.done", type: "bool" },
      { name: "next.success", type: "bool" },
    ]);
    table.add(own);
    const name = `episode_00000${episode}`;
    write(`data/chunk-000/${name}.parquet`, table.finish());
    mkdirSync(join(to, "videos/chunk-000/observation.images.top"), { recursive: true });
    cpSync(
      join(from, `videos/observation.images.top/chunk-000/file-00${episode}.mp4`),
      join(to, `videos/chunk-000/observation.images.top/${name}.mp4`),
    );
    return JSON.stringify({ episode_index: episode, tasks: ["Lay it."], length: own.length });
  });
  write("meta/episodes.jsonl", `${episodes.join("\n")}\n`);
  return to;
}

describe("an imported LeRobot data set", () => {
  it.each(["3.0", "2.1"])(
    "of version %s has the pictures and numbers of the log it was exported from",
    async (version) => {
      const { open, request, from } = await exported();
      const copy = await imported(version === "3.0" ? from : await asVersion2(from));
      expect(copy.result).toEqual({
        sessions: ["set/000000", "set/000001"],
        frames: 8,
        leftOut: [],
      });
      const { episodes } = await readEpisodes(request);
      for (const [index, { session, states, actions, rowCount }] of episodes.entries()) {
        const name = `set/00000${index}`;
        expect(await pictureDigests(copy.open, name)).toEqual(await pictureDigests(open, session));
        const features = (
          await copy.open.log.read({ session: name, types: [featureImported.type] })
        ).map(({ payload }) => payload as PayloadOf<typeof featureImported>);
        const valuesOf = (feature: string) => features.find((one) => one.feature === feature)!;
        expect(valuesOf("observation.state").values).toEqual(states);
        expect(valuesOf("action")).toMatchObject({ rowCount, width: 16, rateHz: 30 });
        expect(valuesOf("action").values).toEqual(actions);
      }
    },
  );

  it("of copies has the very files of the log, and so the same pictures", async () => {
    const open = emptyLog();
    await recordSession(open, { session: "collect/0", stepCount: 12 });
    const request = exportRequest(open, temporaryPath("copies"));
    await exportLerobot(request, "copy");
    const copy = await imported(request.to);
    const blobsOf = async ({ log }: OpenLog, session: string) =>
      (await log.read({ session, types: [cameraFrameCaptured.type] }))
        .map(({ payload }) => payload as PayloadOf<typeof cameraFrameCaptured>)
        .filter(({ phase }) => phase !== "goal")
        .map(({ image }) => image);
    expect(await blobsOf(copy.open, "set/000000")).toEqual(await blobsOf(open, "collect/0"));
  });

  it("can be exported again with the same measured rows", async () => {
    const { request, from } = await exported();
    const copy = await imported(from);
    const [before] = (await readEpisodes(request)).episodes;
    const [after] = (await readEpisodes(exportRequest(copy.open, "", "set/"))).episodes;
    // The first export's outcome row is measured to a reader, so it gets an outcome row of its own.
    expect(after!.states.slice(0, before!.states.length)).toEqual(before!.states);
    expect(after!.cameras[0]!.pictureOfRow.slice(0, before!.rowCount)).toEqual(
      before!.cameras[0]!.pictureOfRow,
    );
  });

  it("adds nothing when it is imported again", async () => {
    const { from } = await exported();
    const copy = await imported(from);
    const { events } = await copy.open.log.stats();
    expect((await imported(from, copy.open)).result.frames).toBe(0);
    expect((await copy.open.log.stats()).events).toBe(events);
  });

  it.each([
    ["a video that is cut off", (root: string) => truncateSync(video(root), 900)],
    ["a video that is missing", (root: string) => rmSync(video(root))],
    ["rows that are missing", (root: string) => rmSync(join(root, "data"), { recursive: true })],
    ["another version", (root: string) => edit(root, { codebase_version: "v1.6" })],
    ["no numbers of episodes", (root: string) => edit(root, { total_episodes: "many" })],
    ["more episodes than there are", (root: string) => edit(root, { total_episodes: 5 })],
    [
      "a path out of its folder",
      (root: string) => edit(root, { data_path: "../../{chunk_index}" }),
    ],
    ["an absolute path", (root: string) => edit(root, { video_path: "/etc/passwd" })],
    ["a file that is no JSON", (root: string) => writeFileSync(info(root), Buffer.of(0xff, 0xfe))],
  ])("with %s is refused with a typed error", async (_what, damage) => {
    const { from } = await exported();
    damage(from);
    await expect(imported(from)).rejects.toMatchObject({ code: "DATASET_INVALID" });
  });
});

const video = (root: string) => join(root, "videos/observation.images.top/chunk-000/file-001.mp4");
const info = (root: string) => join(root, "meta/info.json");

function edit(root: string, change: object): void {
  const now = JSON.parse(readFileSync(info(root), "utf8")) as object;
  writeFileSync(info(root), JSON.stringify({ ...now, ...change }));
}
