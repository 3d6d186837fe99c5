const sweepsMax = 50;

/**
 * Unit eigenvector of the largest eigenvalue of a symmetric matrix, by Jacobi rotations.
 *
 * @param symmetric - rows; not changed.
 */
export function largestEigenvector(symmetric: readonly (readonly number[])[]): number[] {
  const size = symmetric.length;
  const a = symmetric.map((row) => [...row]);
  const vectors = a.map((_, row) => a.map((__, column) => (row === column ? 1 : 0)));
  for (let sweep = 0; sweep < sweepsMax; sweep++) {
    for (let p = 0; p < size; p++) {
      for (let q = p + 1; q < size; q++) rotate(a, vectors, p, q);
    }
  }
  let best = 0;
  for (let at = 1; at < size; at++) if (a[at]![at]! > a[best]![best]!) best = at;
  return vectors.map((row) => row[best]!);
}

/** Makes a[p][q] zero by a rotation in the plane of p and q. */
function rotate(a: number[][], vectors: number[][], p: number, q: number): void {
  const off = a[p]![q]!;
  if (off === 0) return;
  const theta = (a[q]![q]! - a[p]![p]!) / (2 * off);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (const row of [...a, ...vectors]) {
    const [atP, atQ] = [row[p]!, row[q]!];
    row[p] = c * atP - s * atQ;
    row[q] = s * atP + c * atQ;
  }
  const [rowP, rowQ] = [a[p]!, a[q]!];
  for (let k = 0; k < a.length; k++) {
    const [atP, atQ] = [rowP[k]!, rowQ[k]!];
    rowP[k] = c * atP - s * atQ;
    rowQ[k] = s * atP + c * atQ;
  }
}
