import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { encodeTinyGraph, encodeTinySam2 } from "../../../fixtures/tinySam2.ts";
import type { TinyGraph } from "../../../fixtures/tinyGraph.ts";
import { loadSam2 } from "../../../src/perception/sam2/loadSam2.ts";
import type { Prompting } from "../../../src/perception/sam2/prompting.ts";
import { contractsOf, type GraphContract, type Sam2Layout } from "../../../src/perception/sam2/sam2Layouts.ts"; // prettier-ignore
import { openWeightFolder } from "../../../src/perception/sam2/weightFolder.ts";

export const boxPrompting: Prompting = { kind: "box", points: [] };

/** The committed tiny model of a layout. */
export function tinyFolder(layout: Sam2Layout): string {
  return fileURLToPath(new URL(`../../../fixtures/sam2/${layout}`, import.meta.url));
}

export async function loadTiny(layout: Sam2Layout, prompting: Prompting = boxPrompting) {
  return loadSam2(await openWeightFolder(tinyFolder(layout)), { prompting, threads: 1 });
}

/** A copy of a tiny model in a folder of its own, with some files replaced, or left out by null. */
export function alteredModel(
  layout: Sam2Layout,
  changes: Readonly<Record<string, Uint8Array | null>>,
): string {
  const folder = mkdtempSync(join(tmpdir(), "sam2-"));
  for (const [name, bytes] of new Map([...encodeTinySam2(layout), ...Object.entries(changes)])) {
    if (bytes === null) continue;
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
  return folder;
}

/** A graph of a layout with another contract, or other values, than the tiny model's. */
export function alteredGraph(
  layout: Sam2Layout,
  name: string,
  options: {
    readonly contract?: (contract: GraphContract) => GraphContract;
    readonly body: (graph: TinyGraph, contract: GraphContract) => Readonly<Record<string, string>>;
  },
): Uint8Array {
  const usual = contractsOf(layout)[name]!;
  const contract = options.contract?.(usual) ?? usual;
  return encodeTinyGraph(name, contract, (graph) => options.body(graph, contract));
}

/** Every output filled with one number; open sides are 1. */
export function constantBody(value: number) {
  return (graph: TinyGraph, { outputs }: GraphContract) =>
    Object.fromEntries(
      outputs.map(({ name, shape }) => {
        const sides = shape.map((side) => (typeof side === "number" ? side : 1));
        return [name, graph.expand(graph.number(value), ...sides)];
      }),
    );
}
