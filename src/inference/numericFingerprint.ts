import { readFileSync } from "node:fs";
import { arch, cpus } from "node:os";
import { env } from "onnxruntime-node";

/** Instruction sets for which onnxruntime has kernels of its own, as Linux names them. */
const deciding = [
  "sse4_1",
  "avx",
  "fma",
  "avx2",
  "avx512f",
  "avx512bw",
  "avx512_vnni",
  "avx512_bf16",
  "avx_vnni",
  "amx_tile",
  "asimd",
  "asimddp",
  "i8mm",
  "bf16",
  "sve",
];

/**
 * What the low bits of an ONNX result may depend on: runtime version, CPU instruction set and thread
 * count. Equal fingerprints promise equal bits; different ones promise a tolerance only.
 *
 * @param threads - threads inside one operator.
 */
export function numericFingerprint(threads = 1): string {
  return `onnxruntime ${runtimeVersion()}; ${instructionSet()}; ${threads} thread${threads === 1 ? "" : "s"}`;
}

function runtimeVersion(): string {
  return env.versions.node ?? env.versions.common;
}

/** Where the operating system does not list the instruction sets, the processor's name stands for them. */
function instructionSet(): string {
  const listed = readCpuFlags();
  if (listed === undefined) return `${arch()} ${cpus()[0]?.model.trim() ?? "unknown"}`;
  return [arch(), ...deciding.filter((name) => listed.has(name))].join(" ");
}

function readCpuFlags(): ReadonlySet<string> | undefined {
  let text: string;
  try {
    text = readFileSync("/proc/cpuinfo", "utf8");
  } catch {
    return undefined;
  }
  const line = /^(?:flags|Features)\s*:(.*)$/m.exec(text);
  return line === null ? undefined : new Set(line[1]!.trim().split(/\s+/));
}
