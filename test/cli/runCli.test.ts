import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSystemClock } from "../../src/core/clock.ts";
import { commandTable } from "../../src/cli/commandTable.ts";
import { runCli } from "../../src/cli/runCli.ts";
import { openLog } from "../../store/openLog.ts";
import { captureOutput } from "./captureOutput.ts";

const stages = ["collect", "train-world-model", "dream", "judge", "orpo", "evaluate", "report"];

function dreamlog(...argv: string[]) {
  return captureOutput(() => runCli(argv));
}

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dreamlog-cli-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe("help", () => {
  it("lists every command and ends well", async () => {
    const { result, stdout } = await dreamlog("--help");
    expect(result).toBe(0);
    for (const name of ["demo", "run", ...stages, "log"]) expect(stdout).toContain(`  ${name} `);
  });

  it.each(["demo", "run", ...stages])("of %s has examples and the JSON option", async (name) => {
    const { result, stdout } = await dreamlog(name, "--help");
    expect(result).toBe(0);
    expect(stdout).toContain(`Examples:\n  dreamlog ${name}`);
    expect(stdout).toContain("--json");
  });

  it.each(commandTable.flatMap(({ commands }) => commands))(
    "of $name opens with its summary and fits a terminal",
    async ({ name, summary }) => {
      const { result, stdout } = await dreamlog(name, "--help");
      expect(result).toBe(0);
      expect(stdout).toContain(`Usage: dreamlog ${name} `);
      expect(stdout).toContain(`\n${summary}\n`);
      expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
    },
  );

  it.each(["log", "export", "import"])(
    "of every command of %s has an example and the JSON option, and fits a terminal",
    async (parent) => {
      const { stdout } = await dreamlog(parent, "--help");
      const names = [...stdout.matchAll(/^ {2}([a-z-]+) {2,}\S/gm)].map((match) => match[1]!);
      for (const name of names.filter((one) => one !== "help")) {
        const help = await dreamlog(parent, name, "--help");
        expect(help.stdout).toMatch(new RegExp(`Examples?:\n {2}dreamlog ${parent} ${name} `));
        expect(help.stdout).toContain("--json");
        expect(help.stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
      }
      expect(names.length).toBeGreaterThan(4);
    },
  );

  it("is also had by the word before the command", async () => {
    const { stdout } = await dreamlog("help", "log", "ls");
    expect(stdout).toEqual((await dreamlog("log", "ls", "--help")).stdout);
  });

  it("tells the version", async () => {
    expect((await dreamlog("--version")).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe("a command line that makes no sense", () => {
  it.each([
    { argv: ["rub"], says: "unknown command 'rub'" },
    { argv: ["run", "--preset", "huge"], says: "Allowed choices are demo, full." },
    { argv: ["run", "--seed", "x"], says: "Expected a whole number" },
    { argv: ["run", "--seed", "1.5"], says: "Expected a whole number" },
    { argv: ["run", "--jobs", "0"], says: "Expected at least 1" },
    { argv: ["evaluate", "--seeds", "7"], says: "such as 100..199" },
    { argv: ["evaluate", "--seeds", "9..3"], says: "at most the last" },
    { argv: ["run", "--colour"], says: "unknown option '--colour'" },
  ])("$argv exits with 2 and says: $says", async ({ argv, says }) => {
    const { result, stderr } = await dreamlog(...argv);
    expect(result).toBe(2);
    expect(stderr).toContain(says);
  });

  it("is told as JSON where JSON was asked for", async () => {
    const { result, stdout } = await dreamlog("run", "--seed", "x", "--json");
    expect(result).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: "ARGUMENT_INVALID" } });
  });
});

describe("a stage without what it needs", () => {
  it.each(stages.slice(1))("%s names the missing log and how to make one", async (stage) => {
    const log = join(folder, "none.sqlite");
    const { result, stderr } = await dreamlog(stage, "--log", log, "--out", folder);
    expect(result).toBe(1);
    expect(stderr).toContain("LOG_MISSING");
    expect(stderr).toContain(log);
    expect(stderr).toContain('"dreamlog run"');
  });

  it.each([
    ["train-world-model", "collect"],
    ["dream", "train-world-model"],
    ["judge", "dream"],
    ["orpo", "judge"],
    ["evaluate", "orpo"],
    ["report", "evaluate"],
  ])("%s says to run %s first", async (stage, needed) => {
    const log = join(folder, "empty.sqlite");
    await openLog({ path: log, clock: createSystemClock() }).close();
    const { result, stdout } = await dreamlog(stage, "--log", log, "--out", folder, "--json");
    expect(result).toBe(1);
    const { error } = JSON.parse(stdout) as { error: { code: string; message: string } };
    expect(error.code).toBe("STAGE_INCOMPLETE");
    expect(error.message).toContain(`run "dreamlog ${needed}"`);
  });
});

describe("a file that is in the way", () => {
  it("refuses a log that is no log, and leaves it as it was", async () => {
    const log = join(folder, "notes.txt");
    writeFileSync(
      log,
      "not a log, and longer than the header of an SQLite file would be. ".repeat(4),
    );
    const { result, stderr } = await dreamlog("run", "--log", log, "--out", folder);
    expect(result).toBe(1);
    expect(stderr).toContain("LOG_FOREIGN");
  });

  it("refuses an output folder that is a file before any work is done", async () => {
    const out = join(folder, "out");
    writeFileSync(out, "");
    const log = join(folder, "session.sqlite");
    const { result, stderr } = await dreamlog("run", "--log", log, "--out", out);
    expect(result).toBe(1);
    expect(stderr).toContain("ARGUMENT_INVALID");
    expect(stderr).toContain("--out");
  });
});
