import type { SoftBodyModel } from "../physics/softBody.ts";
import { addEdge, createEdgeList, edgesOf } from "./edgeList.ts";

/** Particles along one side of the square. */
export const clothSideCount = 15;
const spacingM = 0.014;
export const clothSideM = spacingM * (clothSideCount - 1);
const bendSoftnessS2 = 2e-5;

/** A square napkin centred on the material's origin; particle (row, column) is row × side + column. */
export function createClothModel(): SoftBodyModel {
  const side = clothSideCount;
  const material = new Float64Array(side * side * 2);
  const stiff = createEdgeList();
  const soft = createEdgeList();
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const at = row * side + column;
      material[2 * at] = column * spacingM - clothSideM / 2;
      material[2 * at + 1] = row * spacingM - clothSideM / 2;
      if (column > 0) addEdge(stiff, at - 1, at, 0);
      if (row > 0) addEdge(stiff, at - side, at, 0);
      if (row > 0 && column > 0) {
        addEdge(stiff, at - side - 1, at, 0);
        addEdge(stiff, at - side, at - 1, 0);
      }
      if (column > 1) addEdge(soft, at - 2, at, bendSoftnessS2);
      if (row > 1) addEdge(soft, at - 2 * side, at, bendSoftnessS2);
    }
  }
  return {
    task: "cloth",
    particleCount: side * side,
    inverseMass: new Float64Array(side * side).fill(1),
    radiusM: 0.005,
    ...edgesOf(stiff, soft, material),
    substeps: 20,
    sweeps: 3,
    dampingPerS: 4,
    friction: 0.8,
    selfContact: { distanceM: 0.01, friction: 0.5, neighbourM: 1.5 * spacingM },
    material,
    plasticity: null,
    graspRadiusM: 0.015,
  };
}
