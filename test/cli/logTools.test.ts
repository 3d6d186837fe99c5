import { describe, expect, it } from "vitest";
import { runCli } from "../../src/cli/runCli.ts";
import { streamDropped } from "../../src/events/stream.ts";
import { boxed, closed, started } from "../store/sampleEvents.ts";
import { openForTest, temporaryPath } from "../store/temporaryLog.ts";
import { captureOutput } from "./captureOutput.ts";

async function dreamlogLog(...words: string[]) {
  const { result, stdout, stderr } = await captureOutput(() => runCli(["log", ...words]));
  return { exitCode: result, stdout, stderr };
}

async function json(...words: string[]): Promise<unknown> {
  return JSON.parse((await dreamlogLog(...words, "--json")).stdout);
}

/** A log of one closed session and one that its writer left. */
async function crashedLog() {
  const open = openForTest({ path: temporaryPath() });
  const dropped = boxed("live/1", "dropped");
  await open.log.append([started("done"), closed("done"), started("live/1")]);
  await open.log.append([
    boxed("live/1", "box"),
    {
      ...dropped,
      type: streamDropped.type,
      payload: { stream: "states", count: 7, firstSourceTimeUs: 1, lastSourceTimeUs: 2 },
    },
  ]);
  return open;
}

describe("dreamlog log recover", () => {
  it("tells what open sessions hold and lost, and changes nothing", async () => {
    const { path, log } = await crashedLog();

    expect(await json("recover", path)).toEqual({
      closed: [],
      open: [
        {
          session: "live/1",
          events: 3,
          last: {
            type: "stream.dropped",
            id: "live/1/dropped",
            sourceTimeUs: 5,
            logTimeUs: 1_000_000,
          },
          droppedEvents: 7,
          lostFrames: 0,
        },
      ],
    });
    const { stdout } = await dreamlogLog("recover", path);
    expect(stdout).toContain("open: live/1\n  3 events, 7 events dropped\n");
    expect(await log.lastPosition()).toBe(5);
  });

  it("closes the sessions that are named, as interrupted", async () => {
    const { path, log } = await crashedLog();

    expect(await json("recover", path, "live/1")).toEqual({ closed: ["live/1"], open: [] });
    expect((await log.session("live/1"))!.isClosed).toBe(true);
    expect(await log.findById("live/1/closed")).toMatchObject({
      payload: { reason: "interrupted", note: "recovered after live/1/dropped" },
    });
  });

  it("closes none where one of those named is closed already, and says which", async () => {
    const { path, log } = await crashedLog();

    const { exitCode, stderr } = await dreamlogLog("recover", path, "live/1", "done");

    expect(exitCode).toBe(1);
    expect(stderr).toContain("SESSION_CLOSED: expected an open session, found that done is closed");
    expect((await log.session("live/1"))!.isClosed).toBe(false);
  });

  it("names a session that is not there", async () => {
    const { path } = await crashedLog();

    const { exitCode, stderr } = await dreamlogLog("recover", path, "nowhere");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("SESSION_UNKNOWN");
  });
});

describe("dreamlog log backup", () => {
  it("makes a copy with the same head", async () => {
    const { path, log } = await crashedLog();
    const target = temporaryPath("copy.log");

    expect(await json("backup", path, target)).toMatchObject({ target, segments: 0 });
    expect(await json("head", target)).toMatchObject({ head: await log.head() });
    const again = await dreamlogLog("backup", path, target);
    expect(again.exitCode).toBe(1);
    expect(again.stderr).toContain("ARGUMENT_INVALID");
  });
});

describe("dreamlog log tail", () => {
  it("prints the last events in order, as many as asked for", async () => {
    const { path } = await crashedLog();

    const { stdout } = await dreamlogLog("tail", path, "-n", "2");
    const lines = stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^ {7}4 {2}00:00:00\.000 {2}label\.objectBoxed +live\/1$/);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect((await dreamlogLog("tail", path)).stdout.trimEnd().split("\n")).toHaveLength(5);
  });

  it("prints one JSON object a line, of one session or type", async () => {
    const { path } = await crashedLog();

    const bySession = await dreamlogLog("tail", path, "--session", "done", "--json");
    const byType = await dreamlogLog(
      "tail",
      path,
      "--type",
      "session.started",
      "-n",
      "1",
      "--json",
    );
    const idsIn = (stdout: string) =>
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => (JSON.parse(line) as { id: string }).id);
    expect(idsIn(bySession.stdout)).toEqual(["done/started", "done/closed"]);
    expect(idsIn(byType.stdout)).toEqual(["live/1/started"]);
  });

  it("refuses a session and a type that there are none of, and names some", async () => {
    const { path } = await crashedLog();

    const session = await dreamlogLog("tail", path, "-f", "--session", "live");
    expect(session.exitCode).toBe(1);
    expect(session.stderr).toContain('SESSION_UNKNOWN: expected a session of this log, such as "live/1"'); // prettier-ignore
    const type = await dreamlogLog("tail", path, "-f", "--type", "session.begun");
    expect(type.exitCode).toBe(1);
    expect(type.stderr).toMatch(/EVENT_TYPE_UNKNOWN: .* such as .*session\.started/);
  });

  it("refuses a count that is no number", async () => {
    const { path } = await crashedLog();

    expect((await dreamlogLog("tail", path, "-n", "many")).exitCode).toBe(2);
  });
});
