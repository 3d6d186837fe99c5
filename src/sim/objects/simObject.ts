import type { Task } from "../../core/cell.ts";
import type { SoftBodyModel } from "../physics/softBody.ts";
import { createClothModel, clothSideCount } from "./cloth.ts";
import { createRopeModel, ropeRadiusM } from "./rope.ts";
import { createToyModel, toyRadiusM } from "./toy.ts";

/** A soft body and the surface that covers its particles: capsules between pairs, or triangles. */
export interface SimObject {
  readonly model: SoftBodyModel;
  /** Particle pairs that are covered by a capsule, shape [capsuleCount, 2]. */
  readonly capsules: Int32Array;
  readonly capsuleRadiusM: number;
  /** Particle triples, counter-clockwise seen on the front, shape [triangleCount, 3]. */
  readonly triangles: Int32Array;
}

const none = new Int32Array(0);

export function createSimObject(task: Task): SimObject {
  switch (task) {
    case "rope": {
      const model = createRopeModel();
      const segments = model.edges.subarray(0, 2 * model.stiffEdgeCount);
      return { model, capsules: segments, capsuleRadiusM: ropeRadiusM, triangles: none };
    }
    case "cloth":
      return {
        model: createClothModel(),
        capsules: none,
        capsuleRadiusM: 0,
        triangles: gridTriangles(clothSideCount),
      };
    case "toy": {
      const model = createToyModel();
      return { model, capsules: latticeSides(model), capsuleRadiusM: toyRadiusM, triangles: none };
    }
  }
}

function gridTriangles(side: number): Int32Array {
  const triangles: number[] = [];
  for (let row = 1; row < side; row++) {
    for (let column = 1; column < side; column++) {
      const d = row * side + column;
      const c = d - 1;
      const b = d - side;
      const a = b - 1;
      triangles.push(a, b, d, a, d, c);
    }
  }
  return Int32Array.from(triangles);
}

/** The toy's edges between direct neighbours; the plump capsules about them close its surface. */
function latticeSides(model: SoftBodyModel): Int32Array {
  const shortest = model.restLengths.reduce((least, length) => Math.min(least, length), Infinity);
  const sides: number[] = [];
  model.restLengths.forEach((length, edge) => {
    if (length < 1.1 * shortest) sides.push(model.edges[2 * edge]!, model.edges[2 * edge + 1]!);
  });
  return Int32Array.from(sides);
}
