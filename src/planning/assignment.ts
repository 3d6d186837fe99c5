/**
 * Least-cost assignment of rows to columns by the Hungarian method with potentials (shortest
 * augmenting paths, O(n³)). Ties go to the lower column.
 *
 * @param costs - row-major, shape [size, size], finite.
 * @returns by row: its column.
 */
export function assignAtLeastCost(costs: Float64Array, size: number): Int32Array {
  // Row and column `size` stand for "none"; a path starts there.
  const rowPotential = new Float64Array(size + 1);
  const columnPotential = new Float64Array(size + 1);
  const rowOfColumn = new Int32Array(size + 1).fill(-1);
  for (let row = 0; row < size; row++) {
    rowOfColumn[size] = row;
    const cameFrom = new Int32Array(size + 1).fill(-1);
    const slack = new Float64Array(size + 1).fill(Infinity);
    const isInTree = new Uint8Array(size + 1);
    let column = size;
    while (rowOfColumn[column] !== -1) {
      isInTree[column] = 1;
      column = growTree(column, {
        costs,
        size,
        rowOfColumn,
        cameFrom,
        slack,
        isInTree,
        rowPotential,
        columnPotential,
      });
    }
    while (column !== size) {
      const previous = cameFrom[column]!;
      rowOfColumn[column] = rowOfColumn[previous]!;
      column = previous;
    }
  }
  const columnOfRow = new Int32Array(size);
  for (let column = 0; column < size; column++) columnOfRow[rowOfColumn[column]!] = column;
  return columnOfRow;
}

interface Search {
  readonly costs: Float64Array;
  readonly size: number;
  readonly rowOfColumn: Int32Array;
  /** By column: the column before it on its path. */
  readonly cameFrom: Int32Array;
  /** By column outside the tree: least reduced cost of an edge from the tree. */
  readonly slack: Float64Array;
  readonly isInTree: Uint8Array;
  readonly rowPotential: Float64Array;
  readonly columnPotential: Float64Array;
}

/** Adds the cheapest column to the alternating tree, from the column added last; returns it. */
function growTree(last: number, search: Search): number {
  const { costs, size, rowOfColumn, cameFrom, slack, isInTree } = search;
  const { rowPotential, columnPotential } = search;
  const row = rowOfColumn[last]!;
  let delta = Infinity;
  let next = -1;
  for (let column = 0; column < size; column++) {
    if (isInTree[column] === 1) continue;
    const reduced = costs[row * size + column]! - rowPotential[row]! - columnPotential[column]!;
    if (reduced < slack[column]!) {
      slack[column] = reduced;
      cameFrom[column] = last;
    }
    if (slack[column]! < delta) {
      delta = slack[column]!;
      next = column;
    }
  }
  for (let column = 0; column <= size; column++) {
    if (isInTree[column] === 1) {
      rowPotential[rowOfColumn[column]!]! += delta;
      columnPotential[column]! -= delta;
    } else slack[column]! -= delta;
  }
  return next;
}
