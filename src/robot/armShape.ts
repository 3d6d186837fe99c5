import type { Point3 } from "../core/camera.ts";
import type { Arm } from "../core/cell.ts";
import type { ArmKinematics, BodyFrame } from "./armKinematics.ts";

/** What a capsule stands for: white shells, dark joints, the hand, and its two fingers. */
export type ArmPart = "link" | "joint" | "hand" | "finger";

/** One rounded piece of an arm, world metres. */
export interface ArmCapsule {
  readonly part: ArmPart;
  readonly a: Point3;
  readonly b: Point3;
  readonly radiusM: number;
}

/** A capsule in the frame of body `body` of `bodyFrames`: base, links 1 to 7, hand. */
interface Piece {
  readonly part: ArmPart;
  readonly body: number;
  readonly from: readonly [number, number, number];
  readonly to: readonly [number, number, number];
  readonly radiusM: number;
}

const hand = 8;

/** The FR3's shells and joint caps, after the capsules of franka_description. */
const pieces: readonly Piece[] = [
  { part: "joint", body: 0, from: [-0.06, 0, 0.05], to: [0, 0, 0.05], radiusM: 0.09 },
  { part: "link", body: 1, from: [0, 0, -0.2], to: [0, 0, -0.06], radiusM: 0.065 },
  { part: "joint", body: 2, from: [0, 0, -0.07], to: [0, 0, 0.07], radiusM: 0.055 },
  { part: "link", body: 2, from: [0, 0, 0], to: [0, -0.2, 0], radiusM: 0.062 },
  { part: "link", body: 3, from: [0, 0, -0.1], to: [0.0825, 0, 0], radiusM: 0.058 },
  { part: "joint", body: 4, from: [0, 0, -0.065], to: [0, 0, 0.065], radiusM: 0.05 },
  { part: "link", body: 4, from: [0, 0, 0], to: [-0.0825, 0.11, 0], radiusM: 0.058 },
  { part: "link", body: 5, from: [0, 0, -0.26], to: [0, 0.03, -0.14], radiusM: 0.055 },
  { part: "link", body: 5, from: [0, 0.03, -0.14], to: [0, 0.02, 0], radiusM: 0.048 },
  { part: "joint", body: 6, from: [0, 0, -0.06], to: [0, 0, 0.06], radiusM: 0.046 },
  { part: "link", body: 6, from: [0, 0, 0], to: [0.088, 0, 0], radiusM: 0.048 },
  { part: "joint", body: 7, from: [0, 0, 0.02], to: [0, 0, 0.07], radiusM: 0.044 },
  { part: "hand", body: hand, from: [0, -0.075, 0.035], to: [0, 0.075, 0.035], radiusM: 0.032 },
];

/** The fingers' capsules end so that closed fingertips touch at the closing point. */
const fingerRadiusM = 0.009;
const fingerTopM = 0.06;
const fingertipM = 0.1034;

/**
 * The shape of one arm, base first, fingers last: 15 capsules.
 *
 * @param joints - seven angles in rad; further entries are ignored.
 * @param openingM - distance between the fingertips.
 */
export function linkCapsules(
  kinematics: ArmKinematics,
  arm: Arm,
  joints: ArrayLike<number>,
  openingM: number,
): readonly ArmCapsule[] {
  const frames = kinematics.bodyFrames(arm, joints);
  const place = ({ part, body, from, to, radiusM }: Piece): ArmCapsule => ({
    part,
    a: placed(frames[body]!, from),
    b: placed(frames[body]!, to),
    radiusM,
  });
  const side = openingM / 2 + fingerRadiusM;
  const fingers = [side, -side].map((y) =>
    place({
      part: "finger",
      body: hand,
      from: [0, y, fingerTopM],
      to: [0, y, fingertipM],
      radiusM: fingerRadiusM,
    }),
  );
  return [...pieces.map(place), ...fingers];
}

function placed({ origin, axes }: BodyFrame, [x, y, z]: readonly [number, number, number]): Point3 {
  return {
    x: origin.x + axes[0]! * x + axes[1]! * y + axes[2]! * z,
    y: origin.y + axes[3]! * x + axes[4]! * y + axes[5]! * z,
    z: origin.z + axes[6]! * x + axes[7]! * y + axes[8]! * z,
  };
}
