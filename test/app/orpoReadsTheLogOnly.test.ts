import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

/** Modules that a file imports at run time, worker modules named by `new URL(…)` included. */
const moduleNames =
  /(?:^(?:import|export)(?! type)[^;]*?from|import|new URL\()\s*\(?"(\.[^"]+\.ts)"/gm;

async function reachableFrom(...entries: readonly string[]): Promise<ReadonlySet<string>> {
  const root = new URL("../../", import.meta.url);
  const found = new Set<string>();
  const waiting = entries.map((entry) => new URL(entry, root));
  while (waiting.length > 0) {
    const module = waiting.pop()!;
    const path = fileURLToPath(module).slice(fileURLToPath(root).length);
    if (found.has(path)) continue;
    found.add(path);
    const source = await readFile(module, "utf8");
    for (const [, name] of source.matchAll(moduleNames)) waiting.push(new URL(name!, module));
  }
  return found;
}

const isEnvironment = (path: string) => /^(src\/sim|src\/robot|hardware)\//.test(path);

describe("the ORPO stage", () => {
  it("reads the log only: no module it can load leads to the simulator, the robot or the hardware", async () => {
    const reachable = await reachableFrom("src/app/stages/orpo.ts");
    expect([...reachable]).toContain("src/app/trainPolicyWorker.ts");
    expect([...reachable]).toContain("src/learning/trainPolicy.ts");
    expect([...reachable].filter(isEnvironment)).toEqual([]);
  });

  it("would be found out: the same walk from the collecting stage finds the simulator", async () => {
    const reachable = await reachableFrom("src/app/stages/collect.ts");
    expect([...reachable].filter(isEnvironment)).toContain("src/sim/simulatedCell.ts");
  });
});
