import { createHash } from "node:crypto";
import { createReadStream, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { digestBytes, type Digest } from "../../core/digest.ts";
import { DreamlogError } from "../../core/errors.ts";
import { contractsOf, furtherFilesOf, sam2LayoutNames, type Sam2Layout } from "./sam2Layouts.ts";

/** The files of one model, found in a folder and digested. */
export interface WeightFolder {
  readonly layout: Sam2Layout;
  readonly folder: string;
  /** Paths of the graphs, by the layout's names for them. */
  readonly graphs: ReadonlyMap<string, string>;
  /** Paths of what the layout keeps beside its graphs, by name. */
  readonly further: ReadonlyMap<string, string>;
  /** Of each file of the model, in order of name. */
  readonly files: readonly { readonly name: string; readonly digest: Digest }[];
  /** Names all files together: what `sha256sum FILES | sha256sum` prints for them in order of name. */
  readonly digest: Digest;
}

/**
 * Finds the files of a model in a folder, or in `onnx` within it, where exports for the web keep them.
 *
 * @param wanted - the layout; without it the one whose files are there.
 * @throws {DreamlogError} `CHECKPOINT_INVALID` for a folder that is none, or lacks a file.
 */
export async function openWeightFolder(folder: string, wanted?: Sam2Layout): Promise<WeightFolder> {
  const found = listFiles(folder);
  const layout = wanted ?? layoutOf(found);
  if (layout === undefined) {
    const known = sam2LayoutNames.map((name) => `${name} (${namesOf(name).join(", ")})`);
    throw missing(folder, `the files of one layout of ${known.join(", ")}`, found);
  }
  const graphs = new Map(
    Object.keys(contractsOf(layout)).map((name) => [name, findGraph(folder, layout, name, found)]),
  );
  const further = new Map(
    furtherFilesOf(layout).map((name) => [name, requireFile(folder, name, found)]),
  );
  const paths = [...graphs.values(), ...further.values()];
  const files = await digestFiles([...paths, ...externalWeights(paths, found)]);
  return { layout, folder, graphs, further, files, digest: digestOfSet(files) };
}

/** @returns what `sha256sum` prints for the files, digested once more. */
export function digestOfSet(
  files: readonly { readonly name: string; readonly digest: Digest }[],
): Digest {
  return digestBytes(files.map(({ name, digest }) => `${digest}  ${name}\n`).join(""));
}

export async function digestFile(path: string): Promise<Digest> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex") as Digest;
}

async function digestFiles(paths: readonly string[]): Promise<WeightFolder["files"]> {
  const files: { name: string; digest: Digest }[] = [];
  for (const path of paths) files.push({ name: basename(path), digest: await digestFile(path) });
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Paths of the files in a folder and in `onnx` within it, in order of name. */
function listFiles(folder: string): readonly string[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    throw new DreamlogError(
      "CHECKPOINT_INVALID",
      `expected a folder with a SAM2 model, found none at ${folder} (${String(error)}); give the folder that its .onnx files are in`,
      { folder },
      error,
    );
  }
  const within = names.includes("onnx") ? readdirSync(join(folder, "onnx")) : [];
  return [
    ...names.sort().map((name) => join(folder, name)),
    ...within.sort().map((name) => join(folder, "onnx", name)),
  ];
}

function layoutOf(found: readonly string[]): Sam2Layout | undefined {
  const has = (name: string) => found.some((path) => basename(path) === name);
  if (has("vision_encoder.onnx")) return "square-zero";
  if (has("image_encoder.onnx")) return "nvidia";
  return found.some((path) => path.endsWith("encoder.onnx")) ? "samexporter" : undefined;
}

/** samexporter leaves names to its caller, who puts the model's before: `sam2_hiera_tiny.encoder.onnx`. */
function findGraph(
  folder: string,
  layout: Sam2Layout,
  graph: string,
  found: readonly string[],
): string {
  const file = `${graph}.onnx`;
  if (layout !== "samexporter") return requireFile(folder, file, found);
  const candidates = found.filter((path) => path.endsWith(file));
  if (candidates.length === 1) return candidates[0]!;
  throw missing(folder, `one file whose name ends in ${file}`, found);
}

function requireFile(folder: string, name: string, found: readonly string[]): string {
  const path = found.find((each) => basename(each) === name);
  if (path !== undefined) return path;
  throw missing(folder, name, found);
}

/** Weights of large graphs lie beside them: `encoder.onnx_data`, `encoder.onnx.data` and the like. */
function externalWeights(graphs: readonly string[], found: readonly string[]): readonly string[] {
  return found.filter((path) =>
    graphs.some((graph) => path !== graph && basename(path).startsWith(basename(graph))),
  );
}

function namesOf(layout: Sam2Layout): readonly string[] {
  const star = layout === "samexporter" ? "*" : "";
  const graphs = Object.keys(contractsOf(layout)).map((name) => `${star}${name}.onnx`);
  return [...graphs, ...furtherFilesOf(layout)];
}

function missing(folder: string, expected: string, found: readonly string[]): DreamlogError {
  const names = found.map((path) => basename(path));
  return new DreamlogError(
    "CHECKPOINT_INVALID",
    `expected ${expected} in ${folder}, found ${names.length === 0 ? "no files" : names.join(", ")}; keep the files of one model in a folder, under the names its exporter gives`,
    { folder, expected, found: names },
  );
}
