import type { Task } from "../../core/cell.ts";

/**
 * A deformable object as particles held together by edges, for the XPBD solver
 * (Macklin et al., "Small Steps in Physics Simulation", 2019). Everything here is constant; what
 * moves is in `SoftBodyState`.
 */
export interface SoftBodyModel {
  readonly task: Task;
  readonly particleCount: number;
  /** By particle: mass of the lightest over its own, above 0 and at most 1. */
  readonly inverseMass: Float64Array;
  /** Distance kept from the table by a particle's centre, metres: half the object's thickness. */
  readonly radiusM: number;
  /** Particle pairs, shape [edgeCount, 2]; inextensible ones first. */
  readonly edges: Int32Array;
  /** Edges before this index are inextensible and swept several times a substep. */
  readonly stiffEdgeCount: number;
  /** Compliance times the lightest particle's mass, s², by edge; 0 for the inextensible ones. */
  readonly softness: Float64Array;
  /** Lengths the edges were made with, metres, by edge. */
  readonly restLengths: Float64Array;
  readonly substeps: number;
  /** Sweeps over the inextensible edges in a substep, alternating in direction. */
  readonly sweeps: number;
  /** Velocity lost to the air and inside the material, 1/s. */
  readonly dampingPerS: number;
  /** Coulomb coefficient against the table. */
  readonly friction: number;
  /** Particles of one object that meet: null where the object never touches itself. */
  readonly selfContact: SelfContact | null;
  /** Where each particle sits in the undeformed object, shape [particleCount, 2], metres. */
  readonly material: Float64Array;
  /** Lasting deformation; null for elastic edges. */
  readonly plasticity: Plasticity | null;
  /** The fingers pinch the particle nearest to the closing point if it is at most this far, metres. */
  readonly graspRadiusM: number;
}

export interface SelfContact {
  /** Distance kept between two particles' centres, metres. */
  readonly distanceM: number;
  readonly friction: number;
  /** Pairs nearer than this in the material are neighbours and never in contact, metres. */
  readonly neighbourM: number;
}

export interface Plasticity {
  /** Relative change of length that is still elastic. */
  readonly elasticStrain: number;
  /** Share of the strain beyond it that becomes lasting in one control step. */
  readonly creep: number;
  /** Bounds of a lasting length relative to the length the edge was made with. */
  readonly shortest: number;
  readonly longest: number;
}

/** What moves. Owned by whoever made it; the simulator copies it and never keeps it. */
export interface SoftBodyState {
  /** Shape [particleCount, 3], world metres. */
  readonly positions: Float64Array;
  /** Shape [edgeCount], metres: differs from the model's where the material crept. */
  readonly restLengths: Float64Array;
}

export function cloneState(state: SoftBodyState): SoftBodyState {
  return { positions: state.positions.slice(), restLengths: state.restLengths.slice() };
}

/** A state of rest with the model's own lengths. @param positions - shape [particleCount, 3]. */
export function restingState(model: SoftBodyModel, positions: Float64Array): SoftBodyState {
  return { positions, restLengths: model.restLengths.slice() };
}
