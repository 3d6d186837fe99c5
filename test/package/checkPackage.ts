import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { copyGoldenLog } from "../../fixtures/goldenLogs.ts";

/*
 * `npm run check:package`: packs dreamlog as npm would publish it, unpacks it in a project of its own,
 * and uses it there: the command line with its threads, and `dreamlog/testing` in a test. Nothing of
 * the checkout but its installed packages is in reach.
 */

const checkout = fileURLToPath(new URL("../..", import.meta.url));
const installed = join(checkout, "node_modules");
const project = mkdtempSync(join(tmpdir(), "dreamlog-package-"));
const packages = join(project, "node_modules");
const dreamlog = join(packages, "dreamlog");

function run(command: string, parameters: readonly string[], cwd = project): void {
  execFileSync(command, parameters, { cwd, stdio: ["ignore", "inherit", "inherit"] });
}

function install(): void {
  run("npm", ["pack", "--silent", "--pack-destination", project], checkout);
  const archive = readdirSync(project).find((name) => name.endsWith(".tgz"))!;
  mkdirSync(dreamlog, { recursive: true });
  run("tar", ["xzf", archive, "--strip-components=1", "-C", dreamlog]);
  symlinkSync(installed, join(dreamlog, "node_modules"));
  for (const name of ["vitest", "fast-check"]) {
    symlinkSync(join(installed, name), join(packages, name));
  }
}

try {
  install();
  const cli = join(dreamlog, "src/cli/dreamlog.mjs");
  await copyGoldenLog("rope", join(project, "rope.sqlite"));
  run("node", [cli, "replay", "rope.sqlite", "--jobs", "2"]);
  run("node", [cli, "log", "backup", "rope.sqlite", "copy.sqlite"]);
  cpSync(join(checkout, "examples/plannerRegression.test.ts"), join(project, "planner.test.ts"));
  const only = ["-t", "can be recomputed from their log"];
  run("node", [join(installed, "vitest/vitest.mjs"), "run", "--root", project, ...only]);
} finally {
  rmSync(project, { recursive: true, force: true });
}
