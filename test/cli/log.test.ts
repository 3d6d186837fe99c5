import { statSync, writeFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { runCli } from "../../src/cli/runCli.ts";
import { behindTheLog, tamper } from "../store/rawConnection.ts";
import { boxed, closed, imported, sampled, started } from "../store/sampleEvents.ts";
import { openForTest, temporaryPath } from "../store/temporaryLog.ts";
import { captureOutput } from "./captureOutput.ts";

afterEach(() => {
  // A log that fails its check sets the code of this process.
  process.exitCode = undefined;
});

const commands = [["ls"], ["show", "1"], ["stats"], ["head"], ["verify"]] as const;

async function dreamlogLog(command: string, ...words: string[]) {
  const { result, stdout, stderr } = await captureOutput(() => runCli(["log", command, ...words]));
  return { exitCode: result, stdout, stderr };
}

function widthOf(text: string): number {
  return Math.max(...text.split("\n").map((line) => line.length));
}

async function json(command: string, ...words: string[]): Promise<unknown> {
  const { stdout } = await dreamlogLog(command, ...words, "--json");
  return JSON.parse(stdout);
}

/** A closed log file: a root session with a blob, a derivation and a branch. */
async function writeLog() {
  const path = temporaryPath();
  const { log, blobs, ...open } = openForTest({ path });
  const weights = await blobs.put(new Uint8Array(2000).fill(9), "application/octet-stream");
  const [start] = await log.append([started("root"), imported("root", "weights", weights)]);
  await log.append([sampled("root", "points", [start!], "7"), closed("root")]);
  await log.append([started("branch", { session: "root", event: "root/weights" })]);
  await log.append([boxed("branch", "box", 3)]);
  const head = await log.head();
  await open.close();
  return { path, head, weights };
}

describe("dreamlog log ls", () => {
  it("gives a session of a long name a line for its figures", async () => {
    const path = temporaryPath();
    const { log } = openForTest({ path });
    const name = `seed-3+train-orpo,candidateCount=2,lambda=0.5/evaluate/orpo/rope/00000`;
    await log.append([started(name)]);

    const { stdout } = await dreamlogLog("ls", path);

    expect(stdout.split("\n")[0]).toBe(name);
    expect(stdout.split("\n")[1]).toMatch(/^ {44} +1 events {2}open /);
  });

  it("says when there is no session to list", async () => {
    const { path } = await writeLog();

    expect(await json("ls", path, "nosuch")).toEqual([]);
    expect((await dreamlogLog("ls", path, "nosuch")).stdout).toBe(
      'no session of a name that starts with "nosuch"\n',
    );
  });

  it("lists sessions with their state, and branches under their parents", async () => {
    const { path } = await writeLog();

    expect(await json("ls", path)).toMatchObject([
      { id: "branch", eventCount: 2, isClosed: false, parent: { session: "root", position: 2 } },
      { id: "root", eventCount: 4, isClosed: true, parent: null },
    ]);
    expect(await json("ls", path, "--tree")).toMatchObject([
      { id: "root", branches: [{ id: "branch", branches: [] }] },
    ]);
    expect(await json("ls", path, "bra")).toMatchObject([{ id: "branch" }]);
    const { stdout } = await dreamlogLog("ls", path, "--tree");
    expect(stdout).toMatch(/^root +4 events {2}closed .*\n {2}branch +2 events {2}open /);
  });
});

describe("dreamlog log show", () => {
  it("prints a session's events with their causes, the shared prefix included", async () => {
    const { path } = await writeLog();

    expect(await json("show", path, "branch")).toMatchObject([
      { position: 1, type: "session.started" },
      { position: 2, type: "learning.checkpointImported" },
      { position: 5, type: "session.started" },
      { position: 6, type: "label.objectBoxed", payload: { box: { x: 3 } } },
    ]);
    const { stdout } = await dreamlogLog("show", path, "root");
    expect(stdout).toMatch(/derived perception\.keypointsSampled {2}← 1\n/);
  });

  it("prints one event by its position, with arrays as plain numbers", async () => {
    const { path } = await writeLog();

    expect(await json("show", path, "3")).toMatchObject({
      seed: "7",
      causes: [{ position: 1, type: "session.started", id: "root/started" }],
      payload: {
        count: 1,
        points: { type: "Float32Array", length: 2, first: [expect.any(Number), 1.5] },
      },
    });
  });

  it("tells people all that is known of one event, within the width of a terminal", async () => {
    const { path } = await writeLog();

    const { stdout } = await dreamlogLog("show", path, "3");

    expect(stdout).toMatch(/^event +root\/points\n/);
    expect(stdout).toContain("place     seq 2 of the session, position 3 of the log\n");
    expect(stdout).toContain("type      perception.keypointsSampled, version 1, derived\n");
    expect(stdout).toContain("time      1970-01-01 00:00:00.000Z, logged 1970-01-01 00:00:01.000Z");
    expect(stdout).toContain("seed      7\n");
    expect(stdout).toContain("causes    1  session.started  root/started\n");
    expect(widthOf(stdout)).toBeLessThanOrEqual(80);
  });

  it("counts the causes of an event that has more than fit on its line", async () => {
    const path = temporaryPath();
    const { log } = openForTest({ path });
    const boxes = Array.from({ length: 50 }, (_, at) => boxed("a", `${at}`, at));
    await log.append([started("a"), ...boxes]);
    const causes = Array.from({ length: 51 }, (_, at) => at + 1);
    await log.append([boxed("a", "last", 0, { causes })]);

    const { stdout } = await dreamlogLog("show", path, "a");

    expect(stdout).toMatch(/label\.objectBoxed {2}← 1 2 3 .* \+\d+\n$/);
    expect(widthOf(stdout)).toBeLessThanOrEqual(80);
  });

  it("names sessions that are near to one it does not know", async () => {
    const { path } = await writeLog();

    const { exitCode, stderr } = await dreamlogLog("show", path, "root/x");
    expect(exitCode).toBe(1);
    expect(stderr).toContain('SESSION_UNKNOWN: expected a session of this log, such as "root"');
  });

  it("names the positions there are", async () => {
    const { path } = await writeLog();

    const { exitCode, stderr } = await dreamlogLog("show", path, "99");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("expected a position from 1 to 6, found 99");
  });
});

describe("dreamlog log stats and head", () => {
  it("count what there is", async () => {
    const { path } = await writeLog();

    expect(await json("stats", path)).toMatchObject({
      sessions: 2,
      events: 6,
      blobs: 1,
      byMediaType: [{ mediaType: "application/octet-stream", blobs: 1, bytes: 2000 }],
      files: { log: statSync(path).size, segments: 0 },
    });
    expect((await dreamlogLog("stats", path)).stdout).toMatch(/^2 sessions, 6 events, 1 blob, /);
  });

  it("print the digest of the whole log", async () => {
    const { path, head } = await writeLog();

    expect(await json("head", path)).toEqual({ head, position: 6 });
    expect((await dreamlogLog("head", path)).stdout).toBe(`${head}\n`);
  });
});

describe("dreamlog log verify", () => {
  it("ends with 0 on a log that nobody changed", async () => {
    const { path } = await writeLog();

    const { exitCode, stdout } = await dreamlogLog("verify", path);
    expect(exitCode).toBe(0);
    expect(stdout).toBe("sound\n");
    expect(await json("verify", path)).toMatchObject({ isSound: true, events: 6, problems: [] });
  });

  it("ends with 1 and says where a log was changed", async () => {
    const { path, weights } = await writeLog();
    tamper(path, (database) => {
      database.exec("UPDATE events SET source_time_us = 9 WHERE position = 6");
      database.exec("UPDATE blobs SET bytes = zeroblob(2000)");
    });

    const { exitCode, stdout } = await dreamlogLog("verify", path);
    expect(exitCode).toBe(1);
    expect(stdout).toContain("CHAIN_BROKEN branch#3 position 6: expected chain digest");
    expect(stdout.replace(/\s+/g, " ")).toContain(
      `BLOB_CORRUPT root#1 position 2 blob ${weights.digest}: `,
    );
    expect(widthOf(stdout)).toBeLessThanOrEqual(80);
    expect(stdout).toMatch(/\n2 problems\n$/);
    expect(await json("verify", path)).toMatchObject({
      isSound: false,
      problems: [
        { code: "CHAIN_BROKEN", session: "branch", seq: 3, position: 6 },
        { code: "BLOB_CORRUPT", blob: weights.digest },
      ],
    });
  });
});

describe("a file that is no log this program can read", () => {
  const cases = {
    LOG_MISSING: () => undefined,
    LOG_FOREIGN: (path: string) => writeFileSync(path, "no SQLite file, but a text. ".repeat(50)),
    LOG_TOO_NEW: (path: string) =>
      behindTheLog(path, (database) => {
        database.exec("PRAGMA application_id = 0x646c6f67; PRAGMA user_version = 999");
        database.exec("CREATE TABLE events (position INTEGER)");
      }),
    LOG_CORRUPT: (path: string) =>
      behindTheLog(path, (database) => {
        database.exec("PRAGMA application_id = 0x646c6f67");
        database.exec("CREATE TABLE events (position INTEGER)");
      }),
  };

  it.each(Object.entries(cases))(
    "%s: every command says so and ends with 1",
    async (code, make) => {
      const path = temporaryPath("file");
      make(path);
      for (const [command, ...words] of commands) {
        const { exitCode, stderr } = await dreamlogLog(command, path, ...words);
        expect(exitCode).toBe(1);
        expect(stderr).toContain(code);
        expect(stderr).toContain(path);
        expect(await json(command, path, ...words)).toMatchObject({ error: { code } });
      }
    },
  );
});
