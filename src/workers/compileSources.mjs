import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs"; // prettier-ignore
import { createRequire } from "node:module";
import { basename, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { cacheFolder, manifestPath } from "./sourceCache.mjs";

/** What a process or a thread begins with; everything else is imported from there. */
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
/** Packages without native code or requires that take long to load from their many files. */
const included = ["drizzle-orm", "pure-rand", "rxjs", "valibot"];
/** What npm rewrites whenever a package changes. */
const installed = "node_modules/.package-lock.json";
/** A command that still runs may import from a build that is no longer the newest. */
const keptMs = 24 * 3600 * 1000;
/** Of a build: another user of the checkout runs it too, and a temporary folder is closed to them. */
const buildMode = 0o755;

/**
 * Compiles the sources into a folder of their own and names it in the manifest; of several processes
 * that do so at once the last is named, and all have a whole build.
 *
 * @param {string} root - of the checkout, ending in a separator.
 * @returns the manifest.
 * @throws what esbuild finds wrong, or the file system.
 */
export async function compileSources(root) {
  const folder = cacheFolder(root);
  mkdirSync(folder, { recursive: true });
  const build = mkdtempSync(`${folder}build-`);
  try {
    chmodSync(build, buildMode);
    const manifest = await compileInto(build, root);
    const written = join(build, "manifest.json");
    writeFileSync(written, JSON.stringify(manifest));
    renameSync(written, manifestPath(root));
    removeOld(folder, basename(build));
    return manifest;
  } catch (error) {
    rmSync(build, { recursive: true, force: true });
    throw error;
  }
}

async function compileInto(build, root) {
  const sources = { [installed]: stampOf(join(root, installed)) };
  const { metafile } = await esbuild().build({
    absWorkingDir: root,
    entryPoints: entries,
    outdir: build,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    // Read by nobody, unless node is called with --enable-source-maps.
    sourcemap: "linked",
    metafile: true,
    logLevel: "silent",
    plugins: [leavingPackages, keepingPlaces(root, sources)],
  });
  const outputs = Object.entries(metafile.outputs);
  const compiled = outputs.filter(([, { entryPoint }]) => entries.includes(entryPoint));
  const modules = compiled.map(([file, { entryPoint }]) => [entryPoint, join(root, file)]);
  return { modules: Object.fromEntries(modules), sources };
}

/** The compiler that tsx brings. */
function esbuild() {
  const tsx = createRequire(import.meta.url).resolve("tsx/package.json");
  return createRequire(tsx)("esbuild");
}

/** Tells a file from what it is after a change. */
function stampOf(path) {
  const { mtimeMs, size } = statSync(path);
  return [mtimeMs, size];
}

const leavingPackages = {
  name: "leaving-packages",
  setup(build) {
    build.onResolve({ filter: /^[@a-z]/ }, ({ path, kind }) => {
      const isIncluded = included.some((name) => path === name || path.startsWith(`${name}/`));
      return kind === "entry-point" || isIncluded ? undefined : { path, external: true };
    });
  },
};

/** A module finds fixtures, migrations and threads from where its source lies, also when compiled. */
function keepingPlaces(root, sources) {
  return {
    name: "keeping-places",
    setup(build) {
      build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        // Before it is read, so that a file which changes meanwhile is found changed.
        sources[relative(root, path)] = stampOf(path);
        const place = JSON.stringify(pathToFileURL(path).href);
        const contents = readFileSync(path, "utf8").replaceAll("import.meta.url", place);
        return { contents, loader: "ts" };
      });
    },
  };
}

function removeOld(folder, newest) {
  const names = readdirSync(folder).filter((name) => name.startsWith("build-") && name !== newest);
  const now = statSync(join(folder, newest)).mtimeMs;
  for (const name of names) {
    const path = join(folder, name);
    const found = statSync(path, { throwIfNoEntry: false });
    if (found !== undefined && now - found.mtimeMs > keptMs) {
      rmSync(path, { recursive: true, force: true });
    }
  }
}
