/**
 * Distance constraints of XPBD (Macklin, Müller and Chentanez 2016, Eq. 18) for particles of unit
 * inverse mass, or 0 where a particle is held.
 */
export interface EdgeSet {
  /** Offsets of both particles' x in `positions`, shape [edgeCount, 2]. */
  readonly offsets: Int32Array;
  /** By edge, metres. */
  readonly restLengths: Float64Array;
}

/**
 * One Gauss–Seidel sweep that makes edges `first` (inclusive) to `last` (exclusive) their rest
 * length, in reverse order when `last` < `first` (then `first` is exclusive and `last` inclusive).
 *
 * @param inverseMass - 0 or 1, shaped like `positions`.
 */
export function sweepStiffEdges(
  positions: Float64Array,
  inverseMass: Float64Array,
  edges: EdgeSet,
  first: number,
  last: number,
): void {
  const { offsets, restLengths } = edges;
  const step = first < last ? 1 : -1;
  const begin = step === 1 ? first : first - 1;
  const count = step === 1 ? last - first : first - last;
  for (let done = 0, edge = begin; done < count; done++, edge += step) {
    const a = offsets[2 * edge]!;
    const b = offsets[2 * edge + 1]!;
    const weightA = inverseMass[a]!;
    const weightB = inverseMass[b]!;
    const weight = weightA + weightB;
    if (weight === 0) continue;
    const dx = positions[b]! - positions[a]!;
    const dy = positions[b + 1]! - positions[a + 1]!;
    const dz = positions[b + 2]! - positions[a + 2]!;
    const length = Math.sqrt(dx * dx + dy * dy + dz * dz);
    if (length === 0) continue;
    const scale = (length - restLengths[edge]!) / (length * weight);
    const scaleA = scale * weightA;
    const scaleB = scale * weightB;
    positions[a] = positions[a]! + scaleA * dx;
    positions[a + 1] = positions[a + 1]! + scaleA * dy;
    positions[a + 2] = positions[a + 2]! + scaleA * dz;
    positions[b] = positions[b]! - scaleB * dx;
    positions[b + 1] = positions[b + 1]! - scaleB * dy;
    positions[b + 2] = positions[b + 2]! - scaleB * dz;
  }
}

/**
 * One sweep over the compliant edges `first` to `last` (exclusive): a single iteration a substep, so
 * the multipliers need not be kept.
 *
 * @param stiffnessTerm - softness / substep², by edge: the α̃ of XPBD for unit mass.
 */
export function sweepSoftEdges(
  positions: Float64Array,
  inverseMass: Float64Array,
  edges: EdgeSet,
  stiffnessTerm: Float64Array,
  first: number,
  last: number,
): void {
  const { offsets, restLengths } = edges;
  for (let edge = first; edge < last; edge++) {
    const a = offsets[2 * edge]!;
    const b = offsets[2 * edge + 1]!;
    const weightA = inverseMass[a]!;
    const weightB = inverseMass[b]!;
    const dx = positions[b]! - positions[a]!;
    const dy = positions[b + 1]! - positions[a + 1]!;
    const dz = positions[b + 2]! - positions[a + 2]!;
    const length = Math.sqrt(dx * dx + dy * dy + dz * dz);
    if (length === 0) continue;
    const scale =
      (length - restLengths[edge]!) / (length * (weightA + weightB + stiffnessTerm[edge]!));
    const scaleA = scale * weightA;
    const scaleB = scale * weightB;
    positions[a] = positions[a]! + scaleA * dx;
    positions[a + 1] = positions[a + 1]! + scaleA * dy;
    positions[a + 2] = positions[a + 2]! + scaleA * dz;
    positions[b] = positions[b]! - scaleB * dx;
    positions[b + 1] = positions[b + 1]! - scaleB * dy;
    positions[b + 2] = positions[b + 2]! - scaleB * dz;
  }
}
