import { cpSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parquetReadObjects } from "hyparquet";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exportLerobot } from "../../../src/app/exports/exportLerobot.ts";
import { importLerobot, openLerobotSource } from "../../../src/app/imports/importLerobot.ts";
import { silentProgress } from "../../../src/app/progress.ts";
import { ManualClock } from "../../../src/core/clock.ts";
import { createParquetFile, type ParquetColumn, type ParquetRow } from "../../../src/exchange/parquetTable.ts"; // prettier-ignore
import { runFfmpeg } from "../../../src/media/runFfmpeg.ts";
import { createMemoryLog, type OpenLog } from "../../../store/openLog.ts";
import { recordSession } from "../../exchange/recordedSession.ts";
import { createFolder, temporaryPath } from "../../store/temporaryLog.ts";

const signal = new AbortController().signal;
const dataFile = "data/chunk-000/file-000.parquet";
const episodesFile = "meta/episodes/chunk-000/file-000.parquet";
const videoFile = "videos/observation.images.top/chunk-000/file-000.mp4";
const key = "observation.images.top";

const folder = createFolder();
const sound = join(folder.path, "sound");
const copies = join(folder.path, "copies");
afterAll(folder.remove);
beforeAll(async () => {
  const { log, blobs } = createMemoryLog({ clock: new ManualClock(0) });
  await recordSession({ log, blobs }, { session: "collect/0", stepCount: 9 });
  const request = { log, blobs, prefix: "", uptoPosition: 9999, progress: silentProgress, signal };
  await exportLerobot({ ...request, to: sound }, "h264");
  await exportLerobot({ ...request, to: copies }, "copy");
});

async function importInto({ log, blobs }: OpenLog, from: string) {
  const source = await openLerobotSource({ from, name: "set" });
  await importLerobot(source, { log, blobs, progress: silentProgress, signal });
}

async function imported(from: string) {
  const open = createMemoryLog({ clock: new ManualClock(0) });
  await importInto(open, from);
  return open;
}

function copyOf(from = sound): string {
  const to = temporaryPath("set");
  cpSync(from, to, { recursive: true });
  return to;
}

type Info = { features: Record<string, { shape: number[]; info: Record<string, unknown> }> };

function editInfo(root: string, change: (info: Info) => object): void {
  const path = join(root, "meta/info.json");
  const info = JSON.parse(readFileSync(path, "utf8")) as Info;
  writeFileSync(path, JSON.stringify({ ...info, ...change(info) }));
}

async function rowsOf(root: string, name: string): Promise<Record<string, unknown>[]> {
  const bytes = readFileSync(join(root, name));
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  return await parquetReadObjects({ file });
}

const dataColumns: readonly ParquetColumn[] = [
  { name: "observation.state", type: "float", listDepth: 1 },
  { name: "action", type: "float", listDepth: 1 },
  { name: "next.reward", type: "float" },
  { name: "next.done", type: "bool" },
  { name: "next.success", type: "bool" },
  { name: "episode_index", type: "int64" },
  { name: "frame_index", type: "int64" },
];

/** Changes the rows of the data. */
async function editRows(
  root: string,
  change: (rows: Record<string, unknown>[]) => Record<string, unknown>[],
): Promise<void> {
  const table = createParquetFile(dataColumns);
  table.add(change(await rowsOf(root, dataFile)) as ParquetRow[]);
  writeFileSync(join(root, dataFile), table.finish());
}

/** Replaces bytes where they stand. */
function replaceBytes(root: string, name: string, from: string, to: Buffer): void {
  const path = join(root, name);
  const bytes = readFileSync(path);
  const at = bytes.indexOf(from);
  expect(at).toBeGreaterThan(0);
  to.copy(bytes, at);
  writeFileSync(path, bytes);
}

/** The data set's tables in the layout of version 2.1, with a line for each episode. */
function asVersion2(root: string, lines: readonly Buffer[]): void {
  editInfo(root, () => ({ codebase_version: "v2.1", data_path: dataFile, video_path: videoFile }));
  writeFileSync(
    join(root, "meta/episodes.jsonl"),
    Buffer.concat(lines.flatMap((line) => [line, Buffer.from("\n")])),
  );
}
const episodeLine = (task: Buffer) =>
  Buffer.concat([
    Buffer.from('{"episode_index":0,"length":10,"tasks":["'),
    task,
    Buffer.from('"]}'),
  ]);

const damages: Readonly<Record<string, (root: string) => void | Promise<void>>> = {
  "a row that is missing": (root) => editRows(root, (rows) => rows.toSpliced(4, 1)),
  "a row that is there twice": (root) => editRows(root, (rows) => rows.toSpliced(4, 1, rows[3]!)),
  "a state with one number less": (root) =>
    editRows(root, (rows) =>
      rows.with(2, { ...rows[2], action: (rows[2]!["action"] as number[]).slice(1) }),
    ),
  "a state that is no number": (root) =>
    editRows(root, (rows) => rows.with(2, { ...rows[2], "next.reward": NaN })),
  "states of two thousand million numbers": (root) =>
    editInfo(root, ({ features }) => {
      features["observation.state"]!.shape = [2_000_000_000];
      return { features };
    }),
  "pictures smaller than its video": (root) =>
    editInfo(root, ({ features }) => {
      features[key]!.shape = [20, 20, 3];
      return { features };
    }),
  "fewer episodes than it counts": (root) => editInfo(root, () => ({ total_episodes: 2 })),
  "no episodes": (root) => editInfo(root, () => ({ total_episodes: 0 })),
  "a playlist for a video": (root) =>
    writeFileSync(join(root, videoFile), "#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n"),
  "a list of other files for a video": (root) =>
    writeFileSync(join(root, videoFile), "ffconcat version 1.0\nfile info.mp4\n"),
  "a Matroska for a video": async (root) => {
    const source = ["-i", join(root, videoFile), "-c", "copy", "-f", "matroska", "pipe:1"];
    writeFileSync(join(root, videoFile), await runFfmpeg({ parameters: source, input: [] }));
  },
  "noise within a video": (root) => {
    const bytes = readFileSync(join(root, videoFile));
    writeFileSync(join(root, videoFile), bytes.fill(0x5a, bytes.length >> 1));
  },
  "a link out of its folder": (root) => {
    rmSync(join(root, "meta/info.json"));
    symlinkSync("/etc/hostname", join(root, "meta/info.json"));
  },
  "a folder that is a link": (root) => {
    rmSync(join(root, "videos"), { recursive: true });
    symlinkSync(join(sound, "videos"), join(root, "videos"));
  },
  "a task that is not UTF-8": (root) =>
    replaceBytes(root, episodesFile, "Lay the rope", Buffer.of(0xff, 0xfe)),
  "a task of version 2.1 that is not UTF-8": (root) =>
    asVersion2(root, [episodeLine(Buffer.of(0x4c, 0xe4, 0x79))]),
  "a line of version 2.1 that is no object": (root) => asVersion2(root, [Buffer.from("[]")]),
  "a line of version 2.1 too many": (root) => {
    const line = episodeLine(Buffer.from("Lay it."));
    asVersion2(root, [line, line]);
  },
  "a camera whose name leads out": (root) =>
    editInfo(root, ({ features }) => {
      const { [key]: camera, ...rest } = features;
      return { features: { ...rest, "observation.images.../../top": camera! } };
    }),
};

describe("a LeRobot data set with", () => {
  it.each(Object.keys(damages))(
    "%s is refused with what was found, where, and a remedy; the log stays open to others",
    async (what) => {
      const root = copyOf();
      await damages[what]!(root);
      const open = createMemoryLog({ clock: new ManualClock(0) });
      await expect(importInto(open, root)).rejects.toMatchObject({
        code: "DATASET_INVALID",
        message: expect.stringMatching(
          /expected .*found .*; (?:.*(?:download it again|do not trust)|.*whole)/s,
        ) as string,
      });
      // The same name goes on from there with a sound data set, and ends as if nothing had been.
      await importInto(open, sound);
      expect(await open.log.head()).toBe(await (await imported(sound)).log.head());
    },
  );

  it("copied pictures of another size than it says is refused", async () => {
    const root = copyOf(copies);
    editInfo(root, ({ features }) => {
      features[key]!.shape = [20, 20, 3];
      return { features };
    });
    await expect(imported(root)).rejects.toThrow(/pictures of 64×36 where .* says 20×20/);
  });

  it("more episodes than it counts is refused", async () => {
    const { log, blobs } = createMemoryLog({ clock: new ManualClock(0) });
    for (const session of ["a", "b"])
      await recordSession({ log, blobs }, { session, stepCount: 3 });
    const root = temporaryPath("two");
    const request = { log, blobs, prefix: "", uptoPosition: 9999, progress: silentProgress };
    await exportLerobot({ ...request, to: root, signal }, "copy");
    editInfo(root, () => ({ total_episodes: 1 }));
    await expect(imported(root)).rejects.toThrow(
      /more episodes than the 1 that meta\/info.json says/,
    );
  });

  it("links of the hub's cache is taken", async () => {
    const cache = createFolder();
    const root = join(cache.path, "snapshots/abc");
    cpSync(sound, root, { recursive: true });
    cpSync(join(sound, videoFile), join(cache.path, "blobs/1234"));
    rmSync(join(root, videoFile));
    symlinkSync(join(cache.path, "blobs/1234"), join(root, videoFile));
    expect(await (await imported(root)).log.head()).toBe(await (await imported(sound)).log.head());
    cache.remove();
  });

  it("tasks of version 2.1 in other scripts keeps them", async () => {
    const root = copyOf();
    asVersion2(root, [episodeLine(Buffer.from("Lege das Seil – 绳子"))]);
    const [started] = await (await imported(root)).log.read({ types: ["session.started"] });
    expect(JSON.stringify(started!.payload)).toContain("绳子");
  });
});
