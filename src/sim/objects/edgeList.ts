import type { SoftBodyModel } from "../physics/softBody.ts";

/** Collects edges while an object is built; rest lengths come from the material coordinates. */
export interface EdgeList {
  readonly pairs: number[];
  readonly softness: number[];
}

export function createEdgeList(): EdgeList {
  return { pairs: [], softness: [] };
}

/** @param softness - compliance times particle mass, s²; 0 for inextensible. */
export function addEdge(list: EdgeList, a: number, b: number, softness: number): void {
  list.pairs.push(a, b);
  list.softness.push(softness);
}

/** Inextensible edges first, as the solver wants them; the order within each kind is kept. */
export function edgesOf(
  stiff: EdgeList,
  soft: EdgeList,
  material: Float64Array,
): Pick<SoftBodyModel, "edges" | "stiffEdgeCount" | "softness" | "restLengths"> {
  const edges = Int32Array.from([...stiff.pairs, ...soft.pairs]);
  const restLengths = new Float64Array(edges.length / 2);
  for (let edge = 0; edge < restLengths.length; edge++) {
    const a = edges[2 * edge]! * 2;
    const b = edges[2 * edge + 1]! * 2;
    const du = material[b]! - material[a]!;
    const dv = material[b + 1]! - material[a + 1]!;
    restLengths[edge] = Math.sqrt(du * du + dv * dv);
  }
  return {
    edges,
    stiffEdgeCount: stiff.softness.length,
    softness: Float64Array.from([...stiff.softness, ...soft.softness]),
    restLengths,
  };
}
