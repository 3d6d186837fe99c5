import type { InferenceSession } from "onnxruntime-node";

/**
 * How every model is run: on the processor, operators one after the other, so that equal inputs give
 * equal outputs, and with onnxruntime's own messages off, which say the same as its errors.
 *
 * @param threads - inside one operator; outputs of some operators depend on their number.
 */
export function repeatableSessionOptions(threads: number): InferenceSession.SessionOptions {
  return {
    executionProviders: ["cpu"],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: "all",
    logSeverityLevel: 4,
  };
}
