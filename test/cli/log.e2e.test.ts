import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { tamper } from "../store/rawConnection.ts";
import { boxed, started } from "../store/sampleEvents.ts";
import { openForTest, temporaryPath } from "../store/temporaryLog.ts";

const dreamlog = fileURLToPath(new URL("../../src/cli/dreamlog.mjs", import.meta.url));

/** Runs `dreamlog log …` as a user does. */
async function run(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return promisify(execFile)(process.execPath, [dreamlog, "log", ...words])
    .then(({ stdout, stderr }) => ({ code: 0, stdout, stderr }))
    .catch((error: unknown) => error as { code: number; stdout: string; stderr: string });
}

it("looks into a log and checks it from the shell, with exit codes for scripts", async () => {
  const path = temporaryPath();
  const open = openForTest({ path });
  await open.log.append([started("a"), boxed("a", "box")]);

  const [sound, missing, misused] = await Promise.all([
    run("verify", path, "--json"),
    run("head", `${path}.missing`),
    run("head"),
  ]);
  expect(sound).toMatchObject({ code: 0 });
  expect(JSON.parse(sound.stdout)).toMatchObject({ isSound: true, events: 2 });
  expect(missing).toMatchObject({ code: 1, stdout: "" });
  expect(missing.stderr).toContain("LOG_MISSING");
  expect(misused).toMatchObject({ code: 2, stdout: "" });

  await open.close();
  tamper(path, (database) => database.exec("UPDATE events SET seed = 'x' WHERE position = 2"));
  const changed = await run("verify", path);
  expect(changed.code).toBe(1);
  expect(changed.stdout).toContain("CHAIN_BROKEN a#1 position 2");
});
