import { add } from "./elementwise.ts";
import type { Value } from "./graph.ts";

/**
 * Reverse-mode differentiation: appends to the graph what computes d(loss)/d(target).
 *
 * @param loss - shape [1].
 * @returns by target; undefined for one that has no say in the loss.
 */
export function gradientsOf(
  loss: Value,
  targets: readonly Value[],
): readonly (Value | undefined)[] {
  const byName = new Map<string, Value>([[loss.name, loss.graph.scalar(1)]]);
  // The backward pass applies operators too; they need no tape of their own.
  const tape = loss.graph.tape.splice(0);
  for (const { output, inputs, gradients } of tape.reverse()) {
    const dy = byName.get(output.name);
    if (dy === undefined) continue;
    inputs.forEach((input, at) => {
      const gradient = gradients[at];
      if (gradient === undefined || !("shape" in input) || !input.needsGradient) return;
      const known = byName.get(input.name);
      const added = gradient(dy, output);
      byName.set(input.name, known === undefined ? added : add(known, added));
    });
  }
  loss.graph.tape.length = 0;
  return targets.map((target) => byName.get(target.name));
}
