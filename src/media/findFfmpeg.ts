import { accessSync, constants } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { DreamlogError } from "../core/errors.ts";

const load = createRequire(import.meta.url);

/**
 * Finds the ffmpeg program: the one that `FFMPEG_BIN` names, else that of the package ffmpeg-static
 * (optional: its download may have been impossible), else that of `@ffmpeg-installer/ffmpeg`, else
 * the first on `PATH`.
 *
 * @throws {DreamlogError} `FFMPEG_MISSING` when there is none, or `FFMPEG_BIN` names no program.
 */
export function findFfmpeg(environment: NodeJS.ProcessEnv = process.env): string {
  const named = environment["FFMPEG_BIN"];
  if (named !== undefined && named !== "") {
    if (isExecutable(named)) return named;
    throw missing(`FFMPEG_BIN names ${named}, which is no program that can be run`);
  }
  const candidates = [
    pathIn("ffmpeg-static"),
    pathIn("@ffmpeg-installer/ffmpeg"),
    ...(environment["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "ffmpeg")),
  ];
  const found = candidates.find((path) => path !== undefined && isExecutable(path));
  if (found !== undefined) return found;
  throw missing("neither FFMPEG_BIN, ffmpeg-static, @ffmpeg-installer/ffmpeg nor PATH has it");
}

/** Where a package keeps its program: it exports the path itself, or an object with the path. */
function pathIn(packageName: string): string | undefined {
  try {
    const exported: unknown = load(packageName);
    if (typeof exported === "string") return exported;
    const path = (exported as { readonly path?: unknown } | null)?.path;
    return typeof path === "string" ? path : undefined;
  } catch {
    // Not installed, or without a program for this platform: the next candidate may do.
    return undefined;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function missing(found: string): DreamlogError {
  return new DreamlogError(
    "FFMPEG_MISSING",
    `expected the program ffmpeg, but ${found}; install ffmpeg or set FFMPEG_BIN to its path`,
    { found },
  );
}
