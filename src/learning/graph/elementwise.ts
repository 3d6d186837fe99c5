import type { Shape, Value } from "./graph.ts";
import { sumToShape } from "./shape.ts";

/** Sides are equal or 1, counted from the last. */
function broadcastShape(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) =>
    Math.max(a[axis - rank + a.length] ?? 1, b[axis - rank + b.length] ?? 1),
  );
}

export function add(a: Value, b: Value): Value {
  return a.graph.apply({
    operator: "Add",
    inputs: [a, b],
    shape: broadcastShape(a.shape, b.shape),
    gradients: [(dy) => sumToShape(dy, a.shape), (dy) => sumToShape(dy, b.shape)],
  });
}

export function subtract(a: Value, b: Value): Value {
  return a.graph.apply({
    operator: "Sub",
    inputs: [a, b],
    shape: broadcastShape(a.shape, b.shape),
    gradients: [(dy) => sumToShape(dy, a.shape), (dy) => sumToShape(negate(dy), b.shape)],
  });
}

export function multiply(a: Value, b: Value): Value {
  return a.graph.apply({
    operator: "Mul",
    inputs: [a, b],
    shape: broadcastShape(a.shape, b.shape),
    gradients: [
      (dy) => sumToShape(multiply(dy, b), a.shape),
      (dy) => sumToShape(multiply(dy, a), b.shape),
    ],
  });
}

export function divide(a: Value, b: Value): Value {
  return a.graph.apply({
    operator: "Div",
    inputs: [a, b],
    shape: broadcastShape(a.shape, b.shape),
    gradients: [
      (dy) => sumToShape(divide(dy, b), a.shape),
      (dy, y) => sumToShape(negate(divide(multiply(dy, y), b)), b.shape),
    ],
  });
}

export function scale(x: Value, factor: number): Value {
  return factor === 1 ? x : multiply(x, x.graph.scalar(factor));
}

export function shift(x: Value, offset: number): Value {
  return add(x, x.graph.scalar(offset));
}

/** One operator of one argument. */
function unary(operator: string, x: Value, gradient: (dy: Value, y: Value) => Value): Value {
  return x.graph.apply({ operator, inputs: [x], shape: x.shape, gradients: [gradient] });
}

export function negate(x: Value): Value {
  return unary("Neg", x, negate);
}

export function square(x: Value): Value {
  return multiply(x, x);
}

export function squareRoot(x: Value): Value {
  return unary("Sqrt", x, (dy, y) => divide(scale(dy, 0.5), y));
}

export function exponential(x: Value): Value {
  return unary("Exp", x, (dy, y) => multiply(dy, y));
}

/** Natural logarithm. */
export function logarithm(x: Value): Value {
  return unary("Log", x, (dy) => divide(dy, x));
}

export function relu(x: Value): Value {
  return unary("Relu", x, (dy, y) =>
    multiply(
      dy,
      unary("Sign", y, (zero) => zero),
    ),
  );
}

export function tanh(x: Value): Value {
  return unary("Tanh", x, (dy, y) => multiply(dy, subtract(x.graph.scalar(1), square(y))));
}

export function sigmoid(x: Value): Value {
  return unary("Sigmoid", x, (dy, y) => multiply(dy, multiply(y, subtract(x.graph.scalar(1), y))));
}

/** x · σ(x), also called swish. */
export function silu(x: Value): Value {
  const gate = x.graph.apply({ operator: "Sigmoid", inputs: [x], shape: x.shape });
  return x.graph.apply({
    operator: "Mul",
    inputs: [x, gate],
    shape: x.shape,
    gradients: [
      // d(xσ)/dx = σ + xσ(1 − σ) = y + σ(1 − y)
      (dy, y) => {
        const slope = add(y, multiply(gate, subtract(x.graph.scalar(1), y)));
        return multiply(dy, slope);
      },
    ],
  });
}

/** log(1 + eˣ), without overflow. */
export function softplus(x: Value): Value {
  // σ(x) = exp(x − log(1 + eˣ)) stays accurate for very negative x, where the runtime's own σ is 0.
  return unary("Softplus", x, (dy, y) => multiply(dy, exponential(subtract(x, y))));
}

/** min(x, bound); beyond the bound the gradient is 0. */
export function atMost(x: Value, bound: number): Value {
  const { graph } = x;
  const limit = graph.scalar(bound);
  const isBeyond = () => relu(unary("Sign", subtract(x, limit), (zero) => zero));
  return x.graph.apply({
    operator: "Min",
    inputs: [x, limit],
    shape: x.shape,
    gradients: [(dy) => multiply(dy, subtract(graph.scalar(1), isBeyond()))],
  });
}

/** The same numbers, through which no gradient flows back. */
export function stopGradient(x: Value): Value {
  return { ...x, needsGradient: false };
}
