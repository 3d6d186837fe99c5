import type { Arm } from "../../src/core/cell.ts";

/** A joint target on its way to an arm. */
export interface ArmCommand {
  readonly arm: Arm;
  /** Names the primitive that it belongs to; only one is carried out at a time. */
  readonly primitive: string;
  /** Seven angles, rad. */
  readonly joints: ArrayLike<number>;
  readonly openingM: number;
}
