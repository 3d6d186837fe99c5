import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const resolveFrom = createRequire(new URL("./baselines/package.json", import.meta.url));

/**
 * Loads a package of `test/bench/baselines`, which has a lockfile of its own: one of them compiles
 * for minutes, and only a full benchmark run needs them.
 *
 * @returns undefined when it is not installed.
 */
export async function loadBaseline<Module>(name: string): Promise<Module | undefined> {
  let path: string;
  try {
    path = resolveFrom.resolve(name);
  } catch {
    return undefined;
  }
  return (await import(pathToFileURL(path).href)) as Module;
}
