import type { Arm } from "../../src/core/cell.ts";

export type ArmPose = { readonly joints: Float64Array; readonly openingM: number };

/** What a camera of a cell sees at one moment, as its driver offers it. */
export interface CellPicture {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly jpeg: Uint8Array;
  /** Shape [heightPx, widthPx, 3]. */
  readonly rgb: Uint8Array;
  /** Aligned with the colours, shape [heightPx, widthPx], millimetres; 0 where there is none. */
  readonly depthMm: Uint16Array;
}

/** What stands behind a virtual cell: the table, the object on it, and how a camera sees them. */
export interface CellWorld {
  /** Moves on by one period of the camera with the arms where they are now. */
  step(poses: Readonly<Record<Arm, ArmPose>>): void;
  /** The camera's picture of it. */
  picture(): Promise<CellPicture>;
  /** Joint angles for a tool pose in the arm's base frame, pointing down; null when out of reach. */
  reach(
    arm: Arm,
    point: { readonly x: number; readonly y: number; readonly z: number },
    from: Float64Array,
  ): Float64Array | null;
  close(): void;
}
