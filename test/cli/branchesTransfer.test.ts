import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { runCli } from "../../src/cli/runCli.ts";
import { boxed, started } from "../store/sampleEvents.ts";
import { openForTest, temporaryPath } from "../store/temporaryLog.ts";
import { captureOutput } from "./captureOutput.ts";

async function dreamlog(...words: string[]) {
  const { result, stdout, stderr } = await captureOutput(() => runCli(words));
  return { exitCode: result, stdout, stderr };
}

async function writeLog(): Promise<string> {
  const path = temporaryPath("from.sqlite");
  const open = openForTest({ path });
  await open.log.append([started("root"), boxed("root", "fork")]);
  await open.log.append([started("branch", { session: "root", event: "root/fork" })]);
  await open.close();
  return path;
}

describe("dreamlog export-session and import-session", () => {
  it("moves a session with what it needs through a file that is a log itself", async () => {
    const from = await writeLog();
    const file = temporaryPath("one.sqlite");
    const to = temporaryPath("to.sqlite");

    const exported = await dreamlog("export-session", from, "branch", "--to", file);
    expect(exported.exitCode).toBe(0);
    expect(exported.stdout).toContain("sessions  2, 1 of them because the others derive from them");
    expect((await dreamlog("log", "verify", file)).stdout).toBe("sound\n");

    const imported = await dreamlog("import-session", file, "--to", to, "--json");
    expect(JSON.parse(imported.stdout)).toMatchObject({
      sessions: ["branch", "root"],
      eventsCopied: 3,
    });
    expect((await dreamlog("log", "head", to)).stdout).toBe(
      (await dreamlog("log", "head", from)).stdout,
    );
  });

  it("adds nothing when the same is imported again", async () => {
    const from = await writeLog();
    const to = temporaryPath("to.sqlite");
    await dreamlog("import-session", from, "--to", to);

    const again = await dreamlog("import-session", from, "--to", to);

    expect(again.stdout).toContain("events    0 copied, 3 there already");
  });

  it("makes no file for a session that is not there", async () => {
    const file = temporaryPath("one.sqlite");
    const { exitCode, stderr } = await dreamlog(
      "export-session",
      await writeLog(),
      "rot",
      "--to",
      file,
    );
    expect(exitCode).toBe(1);
    expect(stderr).toContain("SESSION_UNKNOWN");
    expect(existsSync(file)).toBe(false);
  });
});
