import { createRequire } from "node:module";
import { arch, cpus } from "node:os";
import { readFileSync } from "node:fs";

/** Instruction sets that make ONNX Runtime choose other kernels, and so other bits. */
const decisiveFlags = ["avx", "avx2", "fma", "avx_vnni", "avx512f", "avx512_vnni", "amx_tile"];

function instructionSets(): string {
  try {
    const line = /^flags\s*:(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? "";
    const flags = new Set(line.trim().split(/\s+/));
    return decisiveFlags.filter((flag) => flags.has(flag)).join("+");
  } catch {
    // Elsewhere than on Linux the processor's name stands for what it can do.
    return cpus()[0]?.model ?? "unknown";
  }
}

/**
 * What ONNX results depend on beside weights and inputs: events with equal fingerprints are compared
 * exactly, others under the tolerance.
 */
export function numericFingerprint(threads: number): string {
  const { version } = createRequire(import.meta.url)("onnxruntime-node/package.json") as {
    version: string;
  };
  return `onnxruntime-node ${version}; ${arch()} ${instructionSets()}; threads ${threads}`;
}
