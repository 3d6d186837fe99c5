import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs"; // prettier-ignore
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
/** Every module that a process or a thread begins with. */
const entries = [
  "src/cli/main.ts",
  "src/workers/serve.ts",
  "src/app/collectWorker.ts",
  "src/app/dreamWorker.ts",
  "src/app/evaluateWorker.ts",
  "src/app/live/liveThinkerWorker.ts",
  "src/app/replayWorker.ts",
  "src/app/trainPolicyWorker.ts",
  "src/app/trainWorldModelWorker.ts",
  "src/app/verify/verifyWorker.ts",
  "store/copyRowsThread.ts",
  "store/writeThread.ts",
];

/** A checkout of its own with nearly nothing in it. */
let checkout = "";
beforeEach(() => {
  checkout = realpathSync(mkdtempSync(join(tmpdir(), "dreamlog-checkout-")));
  for (const file of entries) write(file, "export const says: string = import.meta.url;");
  for (const file of ["importSource", "compileSources", "sourceCache"]) {
    const path = `src/workers/${file}.mjs`;
    cpSync(join(root, path), join(checkout, path));
  }
  write("package.json", `{ "type": "module" }`);
  write("node_modules/.package-lock.json", "{}");
  symlinkSync(join(root, "node_modules/tsx"), join(checkout, "node_modules/tsx"));
});
afterEach(() => rmSync(checkout, { recursive: true, force: true }));

function write(file: string, text: string): void {
  const path = join(checkout, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

interface Imported {
  readonly from: string;
  readonly says: string;
}

/** What a process finds that imports these modules of the checkout. */
function importingAll(files: readonly string[]): readonly Imported[] {
  const loader = pathToFileURL(join(checkout, "src/workers/importSource.mjs")).href;
  const script = `
    const { importable } = await import(${JSON.stringify(loader)});
    const found = [];
    for (const from of await importable(${JSON.stringify(files.map(urlOf))})) {
      found.push({ from, says: (await import(from)).says });
    }
    console.log(JSON.stringify(found));`;
  const words = ["--input-type=module", "--eval", script];
  const output = execFileSync(process.execPath, words, { encoding: "utf8", cwd: checkout });
  return JSON.parse(output) as Imported[];
}

function importing(file: string): Imported {
  return importingAll([file])[0]!;
}

function urlOf(file: string): string {
  return pathToFileURL(join(checkout, file)).href;
}

describe("a module of a checkout", () => {
  it("is compiled when a thread begins with it, and still knows where its source lies", () => {
    const found = importingAll(entries);
    expect(found.map(({ says }) => says)).toEqual(entries.map(urlOf));
    for (const { from } of found) expect(from).toMatch(/node_modules\/\.cache\/dreamlog\/.*\.js$/);
  });

  it("is compiled where every user of the checkout can read it", () => {
    const { from } = importing("src/cli/main.ts");
    const [build] = /^.*build-[^/]+/.exec(fileURLToPath(from))!;
    expect(statSync(build).mode & 0o777).toBe(0o755);
  });

  it("is imported as it is from a build that is gone", () => {
    const { from } = importing("src/cli/main.ts");
    const [build] = /^.*build-[^/]+/.exec(fileURLToPath(from))!;
    rmSync(build, { recursive: true });
    const again = importing("src/cli/main.ts");
    expect(again).toEqual({ from: urlOf("src/cli/main.ts"), says: urlOf("src/cli/main.ts") });
  });

  it("is compiled once, and again when a source has changed", () => {
    const first = importing("src/cli/main.ts");
    expect(importing("src/cli/main.ts")).toEqual(first);
    write("src/cli/main.ts", `import { word } from "./word.ts";\nexport const says = word;`);
    write("src/cli/word.ts", `export const word: string = "one";`);
    expect(importing("src/cli/main.ts").says).toBe("one");
    write("src/cli/word.ts", `export const word: string = "another";`);
    expect(importing("src/cli/main.ts").says).toBe("another");
  });

  it("is imported as it is while another does not compile", () => {
    write("src/app/dreamWorker.ts", "export const says = ;");
    const { from, says } = importing("src/cli/main.ts");
    expect(from).toBe(says);
    expect(says).toBe(urlOf("src/cli/main.ts"));
  });

  it("is imported as it is when no thread begins with it", () => {
    write("src/cli/word.ts", `export const says: string = "one";`);
    expect(importing("src/cli/word.ts").from).toMatch(/word\.ts$/);
  });
});
