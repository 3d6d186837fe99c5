import { createRequire } from "node:module";
import type BetterSqlite3 from "better-sqlite3";
import { DreamlogError } from "../core/errors.ts";

/** What better-sqlite3 13 is compiled for; Node 22.14 is the first to have it, and no Node 20 has. */
const nodeApiVersion = 10;
const load = createRequire(import.meta.url);

/**
 * better-sqlite3 in the version that this Node is safe with: 12, or where Node can run it 13, because
 * from Node 24.19 on version 12 may abort the process when V8 collects a statement. Under an older
 * Node, 13 crashes as soon as it opens a file, and npm leaves it out of Node 20. Both write the same
 * files.
 *
 * @throws {DreamlogError} `INSTALL_INCOMPLETE` if this Node wants version 13 and it is not installed.
 */
export const Sqlite: typeof BetterSqlite3 =
  Number(process.versions.napi) >= nodeApiVersion
    ? loadVersion13()
    : (load("better-sqlite3") as typeof BetterSqlite3);

function loadVersion13(): typeof BetterSqlite3 {
  try {
    return load("better-sqlite3-13") as typeof BetterSqlite3;
  } catch (cause) {
    throw new DreamlogError(
      "INSTALL_INCOMPLETE",
      `expected better-sqlite3-13, which Node ${process.versions.node} is safe with, among the installed packages; found none: run "npm ci --include=optional" under the Node that runs dreamlog`,
      { node: process.versions.node, nodeApi: process.versions.napi ?? null },
      cause,
    );
  }
}
