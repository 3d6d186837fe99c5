import { add, divide, multiply, scale, shift, subtract } from "./arithmetic.ts";
import type { Graph, Node } from "./graph.ts";

function unary(
  graph: Graph,
  operator: string,
  a: Node,
  gradient: (upstream: Node, result: Node) => Node,
): Node {
  const result: Node = graph.emit({
    operator,
    inputs: [a],
    shape: a.shape,
    parents: [a],
    gradient: (upstream) => [gradient(upstream, result)],
  });
  return result;
}

/** 1 / (1 + e^−a). */
export function sigmoid(graph: Graph, a: Node): Node {
  return unary(graph, "Sigmoid", a, (upstream, y) =>
    multiply(graph, upstream, multiply(graph, y, oneMinus(graph, y))),
  );
}

export function tanh(graph: Graph, a: Node): Node {
  return unary(graph, "Tanh", a, (upstream, y) =>
    multiply(graph, upstream, oneMinus(graph, multiply(graph, y, y))),
  );
}

/** max(0, a); the gradient at 0 is 0. */
export function relu(graph: Graph, a: Node): Node {
  return unary(graph, "Relu", a, (upstream, y) => {
    const isPositive = graph.emit({ operator: "Sign", inputs: [y], shape: a.shape });
    return multiply(graph, upstream, isPositive);
  });
}

/** a · sigmoid(a), also called swish. */
export function silu(graph: Graph, a: Node): Node {
  const gate = graph.emit({ operator: "Sigmoid", inputs: [a], shape: a.shape });
  const result: Node = graph.emit({
    operator: "Mul",
    inputs: [a, gate],
    shape: a.shape,
    parents: [a],
    // d(a·s)/da = s + a·s·(1 − s) = s + y·(1 − s)
    gradient: (upstream) => {
      const slope = add(graph, gate, multiply(graph, result, oneMinus(graph, gate)));
      return [multiply(graph, upstream, slope)];
    },
  });
  return result;
}

export function exponential(graph: Graph, a: Node): Node {
  return unary(graph, "Exp", a, (upstream, y) => multiply(graph, upstream, y));
}

/** Natural logarithm; a > 0. */
export function logarithm(graph: Graph, a: Node): Node {
  return unary(graph, "Log", a, (upstream) => divide(graph, upstream, a));
}

/** ln(1 + e^a), exact for large |a|. */
export function softplus(graph: Graph, a: Node): Node {
  return unary(graph, "Softplus", a, (upstream) => multiply(graph, upstream, sigmoid(graph, a)));
}

/**
 * ln(1 − e^a) for a < 0, as ORPO's odds need it. Near 0 the float32 form e^a − 1 loses its digits, so
 * there −a·(1 + a/2 + a²/6) stands for it.
 */
export function log1mexp(graph: Graph, a: Node): Node {
  const complement = unary1mexp(graph, a);
  const result: Node = graph.emit({
    operator: "Log",
    inputs: [complement],
    shape: a.shape,
    parents: [a],
    // d/da ln(1 − e^a) = −e^a / (1 − e^a)
    gradient: (upstream) => {
      const power = graph.emit({ operator: "Exp", inputs: [a], shape: a.shape });
      return [scale(graph, divide(graph, multiply(graph, upstream, power), complement), -1)];
    },
  });
  return result;
}

/** 1 − e^a for a ≤ 0 without cancellation; takes no gradient. */
function unary1mexp(graph: Graph, a: Node): Node {
  const series = multiply(
    graph,
    scale(graph, a, -1),
    shift(graph, multiply(graph, a, shift(graph, scale(graph, a, 1 / 6), 0.5)), 1),
  );
  const power = graph.emit({ operator: "Exp", inputs: [a], shape: a.shape });
  const direct = oneMinus(graph, power);
  const isNear = graph.emit({
    operator: "Greater",
    inputs: [a, graph.constant(-0.01)],
    shape: a.shape,
  });
  return graph.emit({ operator: "Where", inputs: [isNear, series, direct], shape: a.shape });
}

function oneMinus(graph: Graph, a: Node): Node {
  return subtract(graph, graph.constant(1), a);
}
