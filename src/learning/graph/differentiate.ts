import { invariant } from "../../core/errors.ts";
import { add } from "./arithmetic.ts";
import { sizeOf, type Graph, type Node } from "./graph.ts";

/**
 * Reverse-mode differentiation: extends the graph by the gradients of a scalar loss.
 *
 * @param loss - one element.
 * @param leaves - what to differentiate by; each must reach the loss.
 * @returns one gradient a leaf, of the leaf's shape.
 */
export function differentiate(graph: Graph, loss: Node, leaves: readonly Node[]): readonly Node[] {
  invariant(sizeOf(loss.shape) === 1, `a loss has one element, found [${loss.shape.join(", ")}]`);
  const order = topologicalOrder(loss);
  const needed = nodesThatReach(order, new Set(leaves));
  const gradients = new Map<Node, Node>([
    [loss, graph.constant(new Float32Array([1]), loss.shape)],
  ]);
  for (const node of order.reverse()) {
    const upstream = gradients.get(node);
    if (upstream === undefined || node.gradient === null || !needed.has(node)) continue;
    // Only gradients that some leaf needs are emitted; the rest are dead nodes the runtime prunes.
    const towardsParents = node.gradient(upstream);
    node.parents.forEach((parent, at) => {
      const contribution = towardsParents[at];
      if (contribution === null || contribution === undefined || !needed.has(parent)) return;
      const sum = gradients.get(parent);
      gradients.set(parent, sum === undefined ? contribution : add(graph, sum, contribution));
    });
  }
  return leaves.map((leaf) => {
    const gradient = gradients.get(leaf);
    invariant(gradient !== undefined, `the loss depends on ${leaf.name}`);
    return gradient;
  });
}

/** Parents before children. */
function topologicalOrder(root: Node): Node[] {
  const order: Node[] = [];
  const state = new Map<Node, "open" | "done">();
  const stack: Node[] = [root];
  while (stack.length > 0) {
    const node = stack.at(-1)!;
    if (state.get(node) === undefined) {
      state.set(node, "open");
      for (const parent of node.parents) if (!state.has(parent)) stack.push(parent);
    } else {
      stack.pop();
      if (state.get(node) === "open") order.push(node);
      state.set(node, "done");
    }
  }
  return order;
}

function nodesThatReach(order: readonly Node[], leaves: ReadonlySet<Node>): ReadonlySet<Node> {
  const reached = new Set<Node>(leaves);
  for (const node of order)
    if (node.parents.some((parent) => reached.has(parent))) reached.add(node);
  return reached;
}
