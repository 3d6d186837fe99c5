import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"; // prettier-ignore
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { tasks, type Task } from "../../src/core/cell.ts";
import { mutants, type Mutant } from "./mutants.ts";

// Puts one fault after the other into a copy of the code and replays a golden session with it: each
// must be found. Exit code 1 when one is not, or when the code without a fault does not replay.

const root = fileURLToPath(new URL("../../", import.meta.url));
/** Copied, for a linked module would find its neighbours where it really lies. */
const copied = ["src", "streams", "store", "replay", "fixtures/goldenLogs.ts", "test/mutants"];
const linked = ["node_modules", "fixtures/models", "fixtures/golden", "package.json"];

interface Finding {
  readonly type: string;
  readonly field: string;
}

function copyOfTheCode(): string {
  const copy = mkdtempSync(join(tmpdir(), "dreamlog-mutants-"));
  mkdirSync(join(copy, "fixtures"));
  mkdirSync(join(copy, "test"));
  for (const path of copied) cpSync(join(root, path), join(copy, path), { recursive: true });
  for (const path of linked) symlinkSync(join(root, path), join(copy, path));
  return copy;
}

/** Replays with the code as it is in the copy. */
function replay(copy: string, task: Task): Finding | null {
  const words = ["--import", "tsx", "test/mutants/replayGolden.ts", task];
  const output = execFileSync(process.execPath, words, {
    cwd: copy,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  return JSON.parse(output) as Finding | null;
}

/** @returns what replay finds; null when the mutant lives. */
function replayMutant(copy: string, { file, find, replace, task, name }: Mutant): Finding | null {
  const path = join(copy, file);
  const source = readFileSync(path, "utf8");
  const parts = source.split(find);
  if (parts.length !== 2) {
    throw new Error(`${name}: expected "${find}" once in ${file}, found it ${parts.length - 1} times`); // prettier-ignore
  }
  writeFileSync(path, parts.join(replace));
  try {
    return replay(copy, task);
  } finally {
    writeFileSync(path, source);
  }
}

const copy = copyOfTheCode();
let survivors = 0;
try {
  for (const task of tasks) {
    const finding = replay(copy, task);
    console.log(`${"no fault".padEnd(62)} ${task.padEnd(6)} ${finding === null ? "replays" : `FAILS: ${finding.type} ${finding.field}`}`); // prettier-ignore
    if (finding !== null) survivors += 1;
  }
  for (const mutant of mutants) {
    const finding = replayMutant(copy, mutant);
    const result = finding === null ? "NOT FOUND" : `found: ${finding.type} ${finding.field}`;
    console.log(`${mutant.name.padEnd(62)} ${mutant.task.padEnd(6)} ${result}`);
    if (finding === null) survivors += 1;
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
console.log(survivors === 0 ? `all ${mutants.length} mutants found` : `${survivors} wrong`);
if (survivors > 0) process.exitCode = 1;
