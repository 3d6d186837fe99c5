import { mkdir, readdir, readFile, realpath, rename, writeFile } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import { DreamlogError, isDreamlogError } from "../core/errors.ts";

/** What an export is, in `dreamlog.json` beside its files. */
export interface DatasetManifest {
  /** Such as `lerobot`. */
  readonly format: string;
  /** False while an export is under way, and for ever where it was stopped. */
  readonly isComplete: boolean;
  /** What was asked for and what came of it. */
  readonly facts: Readonly<Record<string, unknown>>;
}

/** A folder that a data set is written to, file by file, each of them whole or not there. */
export interface DatasetFolder {
  readonly root: string;
  /** @throws {DreamlogError} `DATASET_INVALID` for a name that leads out of the folder. */
  pathOf(name: string): string;
  /** @throws {DreamlogError} `DATASET_INVALID` for a name, or a link, that leads out of the folder. */
  has(name: string): Promise<boolean>;
  /** @throws {DreamlogError} `DATASET_INVALID` when there is no such file; as `has`. */
  read(name: string): Promise<Uint8Array>;
  write(name: string, content: Uint8Array | string): Promise<void>;
  /** Replaces the manifest. */
  describe(manifest: DatasetManifest): Promise<void>;
}

const manifestName = "dreamlog.json";

/** Reads and writes the files of a data set that is there; nothing is created by opening it. */
export function openDatasetFolder(root: string): DatasetFolder {
  const pathOf = (name: string) => join(root, requireInside(name));
  const write = async (name: string, content: Uint8Array | string) => {
    const path = pathOf(name);
    await mkdir(dirname(path), { recursive: true });
    // A file that was not written to its end must not be taken for one that was.
    await writeFile(`${path}.partial`, content);
    await rename(`${path}.partial`, path);
  };
  return {
    root,
    pathOf,
    has: (name) => isThere(root, name, pathOf(name)),
    async read(name) {
      try {
        await isThere(root, name, pathOf(name));
        return await readFile(pathOf(name));
      } catch (cause) {
        if (isDreamlogError(cause)) throw cause;
        throw new DreamlogError(
          "DATASET_INVALID",
          `expected a file ${name} in ${root}, found none that can be read; the data set is not whole: export or download it again`,
          { root, name },
          cause,
        );
      }
    },
    write,
    describe: (manifest) => write(manifestName, `${JSON.stringify(manifest, null, 2)}\n`),
  };
}

/**
 * Makes a folder for an export, or takes the one that an export of the same format was written to
 * before: what is whole in it stays.
 *
 * @param source - mark of what is exported, where files are named by their place in the data set: those
 *   of another source must not be taken for the same. The manifest's fact of that name.
 * @throws {DreamlogError} `ARGUMENT_INVALID` for a folder that holds anything else.
 */
export async function prepareDatasetFolder(
  root: string,
  format: string,
  source?: string,
): Promise<DatasetFolder> {
  const folder = openDatasetFolder(root);
  const found = await contentOf(root);
  if (found.length === 0) return folder;
  const manifest = found.includes(manifestName)
    ? manifestOf(await folder.read(manifestName))
    : { format: null, source: undefined };
  const holds = manifest.format;
  if (holds === format && manifest.source !== source) {
    throw new DreamlogError(
      "ARGUMENT_INVALID",
      `expected an empty folder or an export of the same sessions at ${root}, found one of others, or of fewer; name another folder, or remove that one`,
      { root, format },
    );
  }
  if (holds === format) return folder;
  throw new DreamlogError(
    "ARGUMENT_INVALID",
    `expected an empty folder or a ${format} export at ${root}, found ${holds === null ? "other files" : `one of format ${holds}`}; name another folder`,
    { root, format, holds },
  );
}

async function contentOf(root: string): Promise<string[]> {
  try {
    await mkdir(root, { recursive: true });
    return await readdir(root);
  } catch (cause) {
    throw new DreamlogError(
      "ARGUMENT_INVALID",
      `expected a folder at ${root}, found that none can be made there; name another`,
      { root },
      cause,
    );
  }
}

function manifestOf(bytes: Uint8Array): { format: string | null; source: unknown } {
  try {
    const manifest = JSON.parse(new TextDecoder().decode(bytes)) as Partial<DatasetManifest> | null;
    const format = typeof manifest?.format === "string" ? manifest.format : null;
    return { format, source: manifest?.facts?.["source"] };
  } catch {
    return { format: null, source: undefined };
  }
}

/** Links, too, may come from other people: none may lead to a file outside of the folder. */
async function isThere(root: string, name: string, path: string): Promise<boolean> {
  const found = await realPathOf(path);
  const base = await realPathOf(root);
  if (found === null || base === null) return false;
  const homes = [base];
  // The cache of Hugging Face's hub keeps files beside its snapshots, which are folders of links.
  if (basename(dirname(base)) === "snapshots") homes.push(join(base, "../../blobs"));
  if (homes.some((home) => found.startsWith(home + sep))) return true;
  throw new DreamlogError(
    "DATASET_INVALID",
    `expected a file inside the data set as ${name}, found a link that leads out of it; do not trust this data set, or put the file in the link's place`,
    { root, name },
  );
}

/** @returns where a path leads over all links; null where there is nothing. */
async function realPathOf(path: string): Promise<string | null> {
  try {
    return await realpath(path);
  } catch {
    return null;
  }
}

/** Names come from data sets of other people: none may name a file outside of its folder. */
function requireInside(name: string): string {
  const parts = name.split("/");
  const isInside =
    name !== "" &&
    !/[\\\0]/.test(name) &&
    !/^[A-Za-z]:/.test(name) &&
    parts.every((part) => part !== "" && part !== "." && part !== "..");
  if (isInside) return name;
  throw new DreamlogError(
    "DATASET_INVALID",
    `expected the name of a file inside the data set, found ${JSON.stringify(name.slice(0, 200))}; do not trust this data set`,
    { name: name.slice(0, 200) },
  );
}
