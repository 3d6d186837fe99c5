import { readFileSync } from "node:fs";
import { DreamlogError } from "../../core/errors.ts";
import type { Producer } from "../../events/envelope.ts";
import { numericFingerprint } from "../../inference/numericFingerprint.ts";
import { createImageModel } from "./imageModel.ts";
import { createNvidiaVideoModel } from "./nvidiaVideoModel.ts";
import { loadOnnxGraph, type OnnxGraph } from "./onnxGraph.ts";
import type { Prompting } from "./prompting.ts";
import {
  attendedFramesMax,
  constantsFile,
  contractsOf,
  memoryChannels,
  type GraphName,
  type Sam2Layout,
} from "./sam2Layouts.ts";
import {
  createImageSegmenter,
  createVideoSegmenter,
  type LoadedSegmenter,
} from "./sam2Segmenter.ts";
import { createSquareZeroVideoModel } from "./squareZeroVideoModel.ts";
import type { WeightFolder } from "./weightFolder.ts";

export const sam2Component = "perception.sam2Segmenter";

/** The memory is opaque to whoever holds it between frames. */
export type LoadedSam2 = LoadedSegmenter<unknown>;

/** How a model's events name what made them: the same on every machine that has the weights. */
export function sam2Producer(
  weights: Pick<WeightFolder, "layout" | "digest">,
  { prompting, threads }: { readonly prompting: Prompting; readonly threads: number },
): Producer {
  return {
    component: sam2Component,
    version: 1,
    config: { layout: weights.layout, prompting, threads },
    model: weights.digest,
    fingerprint: numericFingerprint(threads),
  };
}

/**
 * Loads a model's graphs and makes a segmenter of them.
 *
 * @throws {DreamlogError} `CHECKPOINT_INVALID` for a file that is no graph, or another than its layout has.
 */
export async function loadSam2(
  weights: WeightFolder,
  options: { readonly prompting: Prompting; readonly threads: number },
): Promise<LoadedSam2> {
  const producer = sam2Producer(weights, options);
  const { prompting, threads } = options;
  switch (weights.layout) {
    case "samexporter": {
      const graphs = await loadGraphs(weights, "samexporter", threads);
      return erased(createImageSegmenter(createImageModel(graphs), producer, prompting));
    }
    case "nvidia": {
      const graphs = await loadGraphs(weights, "nvidia", threads);
      return erased(createVideoSegmenter(createNvidiaVideoModel(graphs), producer, prompting));
    }
    case "square-zero": {
      const codes = readTemporalCodes(weights.further.get(constantsFile)!);
      const graphs = await loadGraphs(weights, "square-zero", threads);
      const model = createSquareZeroVideoModel(graphs, codes);
      return erased(createVideoSegmenter(model, producer, prompting));
    }
  }
}

/** Whoever holds a segmenter hands it back the memory that it gave. */
function erased<Memory>(segmenter: LoadedSegmenter<Memory>): LoadedSam2 {
  return {
    ...segmenter,
    propagate: (frame, memory) => segmenter.propagate(frame, memory as Memory),
  };
}

/** Loads every graph of a layout; what was loaded is let go of again when one is refused. */
export async function loadGraphs<Layout extends Sam2Layout>(
  { graphs: paths }: Pick<WeightFolder, "graphs">,
  layout: Layout,
  threads: number,
): Promise<Readonly<Record<GraphName<Layout>, OnnxGraph>>> {
  const graphs: Record<string, OnnxGraph> = {};
  try {
    for (const [name, contract] of Object.entries(contractsOf(layout))) {
      graphs[name] = await loadOnnxGraph({ path: paths.get(name)!, contract, threads });
    }
  } catch (error) {
    for (const graph of Object.values(graphs)) await graph.release();
    throw error;
  }
  return graphs as Record<GraphName<Layout>, OnnxGraph>;
}

/** @returns shape [7, 64]. */
function readTemporalCodes(path: string): Float32Array {
  const key = "memory_temporal_positional_encoding";
  const expected = `"${key}" of ${attendedFramesMax} rows of ${memoryChannels} numbers`;
  const refuse = (found: string, cause?: unknown) =>
    new DreamlogError(
      "CHECKPOINT_INVALID",
      `expected ${expected}, found ${found} in ${path}; fetch the file again`,
      { path },
      cause,
    );
  let constants: unknown;
  try {
    constants = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw refuse(String(error), error);
  }
  const table = (constants as Record<string, unknown> | null)?.[key];
  const rows: readonly unknown[] = Array.isArray(table) ? table : [];
  const numbers = rows.flat();
  const isWhole =
    rows.length === attendedFramesMax &&
    rows.every((row) => Array.isArray(row) && row.length === memoryChannels) &&
    numbers.every((value) => typeof value === "number" && Number.isFinite(value));
  if (!isWhole) throw refuse(`${rows.length} rows with ${numbers.length} entries`);
  return Float32Array.from(numbers as number[]);
}
