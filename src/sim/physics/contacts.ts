import type { SelfContact, SoftBodyModel } from "./softBody.ts";

/**
 * Keeps every particle on or above the table (z = 0) and lets Coulomb friction take back what it may
 * of the substep's sliding: at most friction × the depth the table had to push back.
 *
 * @param previous - positions before the substep.
 */
export function resolveTableContact(
  positions: Float64Array,
  previous: Float64Array,
  inverseMass: Float64Array,
  model: Pick<SoftBodyModel, "radiusM" | "friction">,
): void {
  const { radiusM, friction } = model;
  for (let at = 0; at < positions.length; at += 3) {
    const depth = radiusM - positions[at + 2]!;
    if (depth <= 0 || inverseMass[at] === 0) continue;
    positions[at + 2] = radiusM;
    const slideX = positions[at]! - previous[at]!;
    const slideY = positions[at + 1]! - previous[at + 1]!;
    const slide2 = slideX * slideX + slideY * slideY;
    const reach = friction * depth;
    if (slide2 <= reach * reach) {
      positions[at] = previous[at]!;
      positions[at + 1] = previous[at + 1]!;
    } else {
      const share = reach / Math.sqrt(slide2);
      positions[at] = positions[at]! - share * slideX;
      positions[at + 1] = positions[at + 1]! - share * slideY;
    }
  }
}

/** Pairs of particles that may touch soon; a fixed buffer that is filled anew. */
export interface ContactPairs {
  /** Offsets of both particles' x, shape [capacity, 2]. */
  readonly offsets: Int32Array;
  count: number;
}

/**
 * Finds every pair nearer than the contact distance plus `marginM` that are not neighbours in the
 * material. All pairs are tried: at a few hundred particles that is cheaper than a grid.
 *
 * @param isNeighbour - shape [particleCount, particleCount], 1 for pairs that are never in contact.
 */
export function findContactPairs(
  positions: Float64Array,
  contact: SelfContact,
  marginM: number,
  isNeighbour: Uint8Array,
  pairs: ContactPairs,
): void {
  const particleCount = positions.length / 3;
  const near = contact.distanceM + marginM;
  const near2 = near * near;
  const capacity = pairs.offsets.length / 2;
  let count = 0;
  for (let a = 0; a < particleCount; a++) {
    const x = positions[3 * a]!;
    const y = positions[3 * a + 1]!;
    const z = positions[3 * a + 2]!;
    const row = a * particleCount;
    for (let b = a + 1; b < particleCount; b++) {
      const dx = positions[3 * b]! - x;
      if (dx > near || dx < -near) continue;
      const dy = positions[3 * b + 1]! - y;
      if (dy > near || dy < -near) continue;
      const dz = positions[3 * b + 2]! - z;
      if (dx * dx + dy * dy + dz * dz >= near2 || isNeighbour[row + b] === 1) continue;
      if (count === capacity) break;
      pairs.offsets[2 * count] = 3 * a;
      pairs.offsets[2 * count + 1] = 3 * b;
      count++;
    }
  }
  pairs.count = count;
}

/** Pushes touching particles apart and takes back what friction may of their sliding on each other. */
export function resolveSelfContacts(
  positions: Float64Array,
  previous: Float64Array,
  inverseMass: Float64Array,
  contact: SelfContact,
  pairs: ContactPairs,
): void {
  const { distanceM, friction } = contact;
  const distance2 = distanceM * distanceM;
  for (let pair = 0; pair < pairs.count; pair++) {
    const a = pairs.offsets[2 * pair]!;
    const b = pairs.offsets[2 * pair + 1]!;
    const dx = positions[b]! - positions[a]!;
    const dy = positions[b + 1]! - positions[a + 1]!;
    const dz = positions[b + 2]! - positions[a + 2]!;
    const length2 = dx * dx + dy * dy + dz * dz;
    const weightA = inverseMass[a]!;
    const weightB = inverseMass[b]!;
    const weight = weightA + weightB;
    if (length2 >= distance2 || length2 === 0 || weight === 0) continue;
    const length = Math.sqrt(length2);
    const depth = distanceM - length;
    const normalX = dx / length;
    const normalY = dy / length;
    const normalZ = dz / length;
    // Sliding of b against a in this substep, across the normal.
    let slideX = dx - (previous[b]! - previous[a]!);
    let slideY = dy - (previous[b + 1]! - previous[a + 1]!);
    let slideZ = dz - (previous[b + 2]! - previous[a + 2]!);
    const along = slideX * normalX + slideY * normalY + slideZ * normalZ;
    slideX -= along * normalX;
    slideY -= along * normalY;
    slideZ -= along * normalZ;
    const slide2 = slideX * slideX + slideY * slideY + slideZ * slideZ;
    const reach = friction * depth;
    const back = slide2 <= reach * reach ? 1 : reach / Math.sqrt(slide2);
    const shareA = weightA / weight;
    const shareB = weightB / weight;
    const pushX = depth * normalX - back * slideX;
    const pushY = depth * normalY - back * slideY;
    const pushZ = depth * normalZ - back * slideZ;
    positions[a] = positions[a]! - shareA * pushX;
    positions[a + 1] = positions[a + 1]! - shareA * pushY;
    positions[a + 2] = positions[a + 2]! - shareA * pushZ;
    positions[b] = positions[b]! + shareB * pushX;
    positions[b + 1] = positions[b + 1]! + shareB * pushY;
    positions[b + 2] = positions[b + 2]! + shareB * pushZ;
  }
}
