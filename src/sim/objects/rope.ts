import type { SoftBodyModel } from "../physics/softBody.ts";
import { addEdge, createEdgeList, edgesOf } from "./edgeList.ts";

export const ropeLengthM = 0.5;
/** Half the rope's thickness, metres. */
export const ropeRadiusM = 0.007;
const particleCount = 40;
/** Compliance 2e-2 m/N against bending times 1.25 g a particle. */
const bendSoftnessS2 = 1e-5;

/** A rope along u, centred: inextensible, limp, rough against the table. */
export function createRopeModel(): SoftBodyModel {
  const material = new Float64Array(particleCount * 2);
  const spacing = ropeLengthM / (particleCount - 1);
  const stiff = createEdgeList();
  const soft = createEdgeList();
  for (let particle = 0; particle < particleCount; particle++) {
    material[2 * particle] = particle * spacing - ropeLengthM / 2;
    if (particle >= 1) addEdge(stiff, particle - 1, particle, 0);
    if (particle >= 2) addEdge(soft, particle - 2, particle, bendSoftnessS2);
  }
  return {
    task: "rope",
    particleCount,
    inverseMass: new Float64Array(particleCount).fill(1),
    radiusM: ropeRadiusM,
    ...edgesOf(stiff, soft, material),
    substeps: 30,
    sweeps: 2,
    dampingPerS: 1,
    friction: 0.6,
    selfContact: { distanceM: 2 * ropeRadiusM, friction: 0.3, neighbourM: 2.5 * spacing },
    material,
    plasticity: null,
    graspRadiusM: 0.014,
  };
}
