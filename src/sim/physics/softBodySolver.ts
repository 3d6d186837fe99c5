import { controlRateHz } from "../../core/cell.ts";
import type { Point3 } from "../../core/camera.ts";
import {
  findContactPairs,
  resolveSelfContacts,
  resolveTableContact,
  type ContactPairs,
} from "./contacts.ts";
import { sweepSoftEdges, sweepStiffEdges, type EdgeSet } from "./edgeConstraints.ts";
import {
  type Plasticity,
  restingState,
  type SoftBodyModel,
  type SoftBodyState,
} from "./softBody.ts";

const gravityMPerS2 = 9.81;
const stepS = 1 / controlRateHz;
/** Contact pairs are looked up this often in a control step; in between nothing moves farther than the margin. */
const lookupsPerStep = 2;
const lookupMarginM = 0.008;
/** An object whose fastest particle moves less than this in a control step is still, metres. */
const stillM = 0.0004;
/** The fingers reach this far above and below the closing point, metres. */
const fingerReachM = 0.02;

/**
 * Moves one soft body in control steps of 1/30 s. Holds scratch memory for its model, so that
 * nothing is allocated while it runs; one solver serves any number of states, one after another.
 *
 * Arithmetic is +, −, ×, ÷ and √ only: equal input gives equal bits on every machine.
 */
export class SoftBodySolver {
  readonly model: SoftBodyModel;
  readonly #state: SoftBodyState;
  readonly #previous: Float64Array;
  readonly #velocities: Float64Array;
  readonly #stepStart: Float64Array;
  /** 0 where held; shaped like positions. */
  readonly #inverseMass: Float64Array;
  readonly #edges: EdgeSet;
  readonly #stiffnessTerm: Float64Array;
  readonly #isNeighbour: Uint8Array;
  readonly #pairs: ContactPairs;
  /** Offset of the held particle, or −1. */
  #held = -1;
  #isMoving = false;

  constructor(model: SoftBodyModel) {
    const size = model.particleCount * 3;
    this.model = model;
    this.#state = restingState(model, new Float64Array(size));
    this.#previous = new Float64Array(size);
    this.#velocities = new Float64Array(size);
    this.#stepStart = new Float64Array(size);
    this.#inverseMass = new Float64Array(size);
    this.#edges = {
      offsets: model.edges.map((particle) => particle * 3),
      restLengths: this.#state.restLengths,
    };
    const substepS = stepS / model.substeps;
    this.#stiffnessTerm = model.softness.map((softness) => softness / (substepS * substepS));
    this.#isNeighbour = neighboursOf(model);
    this.#pairs = { offsets: new Int32Array(model.particleCount * 48), count: 0 };
  }

  /** Starts from a state at rest, nothing held. */
  load(state: SoftBodyState): void {
    this.#state.positions.set(state.positions);
    this.#state.restLengths.set(state.restLengths);
    this.#velocities.fill(0);
    this.#held = -1;
    this.#isMoving = false;
    for (let particle = 0; particle < this.model.particleCount; particle++) {
      this.#inverseMass[3 * particle] = this.model.inverseMass[particle]!;
    }
  }

  /** Shape [particleCount, 3]; a view of the running state, overwritten by the next step. */
  get positions(): Float64Array {
    return this.#state.positions;
  }

  /** False once nothing is held and nothing moves; a step would then change nothing. */
  get isMoving(): boolean {
    return this.#isMoving || this.#held >= 0;
  }

  /** @returns a copy of the state now. */
  snapshot(): SoftBodyState {
    return {
      positions: this.#state.positions.slice(),
      restLengths: this.#state.restLengths.slice(),
    };
  }

  /**
   * The fingers close at `hand` and pinch the nearest particle, if one is between them; the object
   * may turn about it. @returns whether they hold something.
   */
  grasp(hand: Point3): boolean {
    const { positions } = this.#state;
    let nearest = -1;
    let nearest2 = this.model.graspRadiusM * this.model.graspRadiusM;
    for (let at = 0; at < positions.length; at += 3) {
      const dx = positions[at]! - hand.x;
      const dy = positions[at + 1]! - hand.y;
      const dz = positions[at + 2]! - hand.z;
      const distance2 = dx * dx + dy * dy;
      if (distance2 > nearest2 || dz * dz > fingerReachM * fingerReachM) continue;
      nearest = at;
      nearest2 = distance2;
    }
    this.release();
    this.#held = nearest;
    if (nearest >= 0) this.#inverseMass[nearest] = 0;
    return nearest >= 0;
  }

  release(): void {
    if (this.#held < 0) return;
    this.#inverseMass[this.#held] = this.model.inverseMass[this.#held / 3]!;
    this.#held = -1;
    this.#isMoving = true;
  }

  /** One control step in which the hand, and what it holds, moves by (dx, dy, dz) metres. */
  step(dx: number, dy: number, dz: number): void {
    if (!this.isMoving) return;
    const { model } = this;
    const { positions } = this.#state;
    this.#stepStart.set(positions);
    const substepsPerLookup = model.substeps / lookupsPerStep;
    for (let substep = 0; substep < model.substeps; substep++) {
      if (model.selfContact !== null && substep % substepsPerLookup === 0) {
        findContactPairs(
          positions,
          model.selfContact,
          lookupMarginM,
          this.#isNeighbour,
          this.#pairs,
        );
      }
      this.#substep(dx / model.substeps, dy / model.substeps, dz / model.substeps, substep);
    }
    if (model.plasticity !== null) this.#creep(model.plasticity);
    this.#isMoving = this.#hasMoved();
  }

  #substep(dx: number, dy: number, dz: number, substep: number): void {
    const { model } = this;
    const { positions } = this.#state;
    const previous = this.#previous;
    const inverseMass = this.#inverseMass;
    this.#predict(dx, dy, dz);
    const { stiffEdgeCount } = model;
    if (model.selfContact !== null) {
      resolveSelfContacts(positions, previous, inverseMass, model.selfContact, this.#pairs);
    }
    for (let sweep = 0; sweep < model.sweeps; sweep++) {
      const isForward = ((sweep + substep) & 1) === 0;
      if (isForward) sweepStiffEdges(positions, inverseMass, this.#edges, 0, stiffEdgeCount);
      else sweepStiffEdges(positions, inverseMass, this.#edges, stiffEdgeCount, 0);
    }
    sweepSoftEdges(
      positions,
      inverseMass,
      this.#edges,
      this.#stiffnessTerm,
      stiffEdgeCount,
      model.restLengths.length,
    );
    resolveTableContact(positions, previous, inverseMass, model);
    this.#updateVelocities();
  }

  #predict(dx: number, dy: number, dz: number): void {
    const { positions } = this.#state;
    const velocities = this.#velocities;
    const substepS = stepS / this.model.substeps;
    const kept = 1 - this.model.dampingPerS * substepS;
    const fall = gravityMPerS2 * substepS;
    this.#previous.set(positions);
    for (let at = 0; at < positions.length; at += 3) {
      positions[at] = positions[at]! + velocities[at]! * kept * substepS;
      positions[at + 1] = positions[at + 1]! + velocities[at + 1]! * kept * substepS;
      positions[at + 2] = positions[at + 2]! + (velocities[at + 2]! * kept - fall) * substepS;
    }
    const at = this.#held;
    if (at < 0) return;
    positions[at] = this.#previous[at]! + dx;
    positions[at + 1] = this.#previous[at + 1]! + dy;
    positions[at + 2] = this.#previous[at + 2]! + dz;
  }

  #updateVelocities(): void {
    const { positions } = this.#state;
    const previous = this.#previous;
    const velocities = this.#velocities;
    const perSecond = this.model.substeps / stepS;
    for (let at = 0; at < positions.length; at++) {
      velocities[at] = (positions[at]! - previous[at]!) * perSecond;
    }
  }

  /** Part of the strain beyond the elastic range becomes lasting. */
  #creep(plasticity: Plasticity): void {
    const { positions, restLengths } = this.#state;
    const { offsets } = this.#edges;
    const { elasticStrain, creep, shortest, longest } = plasticity;
    for (let edge = 0; edge < restLengths.length; edge++) {
      const a = offsets[2 * edge]!;
      const b = offsets[2 * edge + 1]!;
      const dx = positions[b]! - positions[a]!;
      const dy = positions[b + 1]! - positions[a + 1]!;
      const dz = positions[b + 2]! - positions[a + 2]!;
      const length = Math.sqrt(dx * dx + dy * dy + dz * dz);
      const rest = restLengths[edge]!;
      const excess =
        length > rest * (1 + elasticStrain)
          ? length - rest * (1 + elasticStrain)
          : Math.min(0, length - rest * (1 - elasticStrain));
      if (excess === 0) continue;
      const made = this.model.restLengths[edge]!;
      restLengths[edge] = Math.min(
        longest * made,
        Math.max(shortest * made, rest + creep * excess),
      );
    }
  }

  #hasMoved(): boolean {
    const { positions } = this.#state;
    const start = this.#stepStart;
    for (let at = 0; at < positions.length; at++) {
      const moved = positions[at]! - start[at]!;
      if (moved > stillM || moved < -stillM) return true;
    }
    return false;
  }
}

/** @returns shape [particleCount, particleCount], 1 where two particles are never in contact. */
function neighboursOf(model: SoftBodyModel): Uint8Array {
  const { material, particleCount, selfContact } = model;
  const isNeighbour = new Uint8Array(particleCount * particleCount);
  if (selfContact === null) return isNeighbour;
  const near2 = selfContact.neighbourM * selfContact.neighbourM;
  for (let a = 0; a < particleCount; a++) {
    for (let b = 0; b < particleCount; b++) {
      const du = material[2 * a]! - material[2 * b]!;
      const dv = material[2 * a + 1]! - material[2 * b + 1]!;
      if (du * du + dv * dv < near2) isNeighbour[a * particleCount + b] = 1;
    }
  }
  return isNeighbour;
}
