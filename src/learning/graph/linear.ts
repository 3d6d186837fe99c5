import { add } from "./elementwise.ts";
import type { Graph, Shape, Value } from "./graph.ts";
import { scaledNormal, zeros } from "./initialisers.ts";
import { runtimeDomain } from "../../inference/onnxModel.ts";
import { reshape, sumToShape } from "./shape.ts";

/**
 * Product of the last two axes, a (or aᵀ) times b (or bᵀ); axes before them are batches, equal or 1.
 */
export function matmul(
  a: Value,
  b: Value,
  options: { readonly transposeA?: boolean; readonly transposeB?: boolean } = {},
): Value {
  const { transposeA = false, transposeB = false } = options;
  const rows = a.shape.at(transposeA ? -1 : -2)!;
  const columns = b.shape.at(transposeB ? -2 : -1)!;
  const isPlain = !transposeA && !transposeB;
  return a.graph.apply({
    // onnxruntime's own operator spares the transposed copy.
    operator: isPlain ? "MatMul" : "FusedMatMul",
    domain: isPlain ? "" : runtimeDomain,
    inputs: [a, b],
    shape: [...batchShape(a.shape, b.shape), rows, columns],
    attributes: isPlain ? {} : { transA: Number(transposeA), transB: Number(transposeB) },
    gradients: [
      (dy) => {
        const da = transposeA
          ? matmul(b, dy, { transposeA: transposeB, transposeB: true })
          : matmul(dy, b, { transposeB: !transposeB });
        return sumToShape(da, a.shape);
      },
      (dy) => {
        const db = transposeB
          ? matmul(dy, a, { transposeA: true, transposeB: transposeA })
          : matmul(a, dy, { transposeA: !transposeA });
        return sumToShape(db, b.shape);
      },
    ],
  });
}

function batchShape(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank - 2 }, (_, axis) =>
    Math.max(a[axis - rank + a.length] ?? 1, b[axis - rank + b.length] ?? 1),
  );
}

/** x · W + b over the last axis: [..., in] → [..., out], with W and b named after `name`. */
export function linear(
  graph: Graph,
  name: string,
  x: Value,
  options: { readonly outputs: number; readonly gain?: number; readonly isZero?: boolean },
): Value {
  const inputs = x.shape.at(-1)!;
  const weight = graph.parameter(
    `${name}.weight`,
    [inputs, options.outputs],
    options.isZero === true ? zeros : scaledNormal(inputs, options.gain),
  );
  const bias = graph.parameter(`${name}.bias`, [options.outputs], zeros);
  // One product of two matrices, whatever the batch axes: its weight gradient is one product too.
  const product = matmul(reshape(x, [-1, inputs]), weight);
  return reshape(add(product, bias), [...x.shape.slice(0, -1), options.outputs]);
}
