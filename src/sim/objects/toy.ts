import type { SoftBodyModel } from "../physics/softBody.ts";
import { addEdge, createEdgeList, edgesOf, type EdgeList } from "./edgeList.ts";

/**
 * The plush figure seen from above, one character a particle of the material's lattice: h head,
 * b body, l legs, s the short arm, a the long arm that is repositioned. Row 0 is farthest along v.
 */
const plan = [
  "...hhh........",
  "...hhh........",
  "...bbb........",
  "ssbbbbbaaaaaaa",
  "ssbbbbbaaaaaaa",
  "..bbbbb.......",
  "..bbbbb.......",
  "..bb.bb.......",
  "..ll.ll.......",
  "..ll.ll.......",
];
const bodyColumn = 4;
const bodyRow = 5;
const spacingM = 0.02;
/** Half the figure's thickness, metres. */
export const toyRadiusM = 0.015;
/** The trunk is filled with beans: mass of one of its particles over one of the arm's. */
const trunkMassRatio = 8;
/** The trunk hardly deforms; the long arm is limp stuffing. */
const trunkSoftnessS2 = 5e-8;
const armSoftnessS2 = 2e-6;

/** A letter of the plan. */
export type ToyPart = "h" | "b" | "l" | "s" | "a";

interface Lattice {
  readonly material: Float64Array;
  /** Particle at a lattice node, or −1: shape [rows, columns]. */
  readonly nodes: readonly (readonly number[])[];
  /** By particle. */
  readonly parts: readonly ToyPart[];
}

/** Particles at the cells' centres. */
function createLattice(): Lattice {
  const coordinates: number[] = [];
  const parts: ToyPart[] = [];
  const nodes = plan.map((line, row) =>
    Array.from(line, (part, column) => {
      if (part === ".") return -1;
      coordinates.push((column - bodyColumn) * spacingM, (bodyRow - row) * spacingM);
      return parts.push(part as ToyPart) - 1;
    }),
  );
  return { material: Float64Array.from(coordinates), nodes, parts };
}

/** Neighbours at these lattice offsets (down, right) are linked: sides, diagonals, and two apart. */
const links = [
  [0, 1],
  [1, 0],
  [1, 1],
  [1, -1],
  [0, 2],
  [2, 0],
] as const;

function linkLattice({ nodes, parts }: Lattice): EdgeList {
  const list = createEdgeList();
  nodes.forEach((line, row) => {
    line.forEach((from, column) => {
      for (const [down, right] of links) {
        const to = nodes[row + down]?.[column + right] ?? -1;
        if (from < 0 || to < 0) continue;
        const isArm = parts[from] === "a" || parts[to] === "a";
        addEdge(list, from, to, isArm ? armSoftnessS2 : trunkSoftnessS2);
      }
    });
  });
  return list;
}

/** @returns by particle: the part of the figure it belongs to. */
export function toyParts(): readonly ToyPart[] {
  return createLattice().parts;
}

/** A flat plush figure with one long arm: soft, heavy on the table, and it keeps the pose it is given. */
export function createToyModel(): SoftBodyModel {
  const lattice = createLattice();
  return {
    task: "toy",
    particleCount: lattice.parts.length,
    inverseMass: Float64Array.from(lattice.parts, (part) =>
      part === "a" ? 1 : 1 / trunkMassRatio,
    ),
    radiusM: toyRadiusM,
    ...edgesOf(createEdgeList(), linkLattice(lattice), lattice.material),
    substeps: 20,
    sweeps: 0,
    dampingPerS: 4,
    friction: 1,
    selfContact: { distanceM: 1.4 * spacingM, friction: 0.5, neighbourM: 2.3 * spacingM },
    material: lattice.material,
    plasticity: { elasticStrain: 0.03, creep: 0.25, shortest: 0.6, longest: 1.5 },
    graspRadiusM: 0.024,
  };
}
