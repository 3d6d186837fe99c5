import { jointLowerRad, jointTorqueNm, jointUpperRad, openingMaxM, toolLengthM } from "./fr3.ts";

/** One moving link: where its joint frame lies in its parent's, and what it weighs. */
interface Link {
  /** Offset of the joint frame from the parent's, metres. */
  readonly offset: readonly [number, number, number];
  /** Rotation of the joint frame about the parent's x axis: quarter turns. */
  readonly turn: -1 | 0 | 1;
  readonly massKg: number;
  /** Capsule that stands for the link's mass: both ends and the radius, metres. */
  readonly capsule: readonly [number, number, number, number, number, number, number];
}

/** Denavit–Hartenberg (Craig) offsets of the FR3; each joint turns about its own z. */
const links: readonly Link[] = [
  { offset: [0, 0, 0.333], turn: 0, massKg: 2.927, capsule: [0, 0, -0.19, 0, 0, 0, 0.06] },
  { offset: [0, 0, 0], turn: -1, massKg: 2.936, capsule: [0, 0, 0, 0, -0.19, 0, 0.06] },
  { offset: [0, -0.316, 0], turn: 1, massKg: 2.245, capsule: [0, 0, -0.12, 0.08, 0, 0, 0.055] },
  { offset: [0.0825, 0, 0], turn: 1, massKg: 2.616, capsule: [0, 0, 0, -0.08, 0.12, 0, 0.055] },
  {
    offset: [-0.0825, 0.384, 0],
    turn: -1,
    massKg: 2.327,
    capsule: [0, 0, -0.26, 0, 0.06, 0, 0.05],
  },
  { offset: [0, 0, 0], turn: 1, massKg: 1.817, capsule: [0, 0, 0, 0.088, 0, 0, 0.05] },
  { offset: [0.088, 0, 0], turn: 1, massKg: 0.627, capsule: [0, 0, 0, 0, 0, 0.1, 0.045] },
];

const flangeM = 0.107;
const handMassKg = 0.73;
const fingerMassKg = 0.1;

/**
 * Stiffness of the joint servos, N·m/rad, and their damping, N·m·s/rad: a little stiffer
 * than MuJoCo Menagerie's FR3, and the damping is fed forward by the commands (see `armDynamics`):
 * the tool follows within 5 mm, where the stock gains lag by 23 mm.
 */
export const servoStiffness = [6000, 6000, 5000, 5000, 3000, 3000, 3000] as const;
export const servoDamping = [450, 450, 350, 350, 150, 150, 150] as const;
/** The same for the two fingers, N/m and N·s/m. */
export const fingerStiffness = 1000;
export const fingerDamping = 40;

/** Names by which the kinematics look things up. */
export const toolSite = "tool";
export const linkBodies = ["base", ...links.map((_, index) => `link${index + 1}`), "hand"] as const;

const half = Math.SQRT1_2;
const turns = { "-1": [half, -half, 0, 0], "0": [1, 0, 0, 0], "1": [half, half, 0, 0] } as const;

/** Cosine and sine of π/8: the hand is mounted at −45° about the flange's axis. */
const handQuaternion = [0.9238795325112867, 0, 0, -0.3826834323650898];

/**
 * MJCF of one arm with its hand, base at the origin looking along x: joints with their limits,
 * position servos within the torque limits, gravity compensated as the FR3's own controller does.
 * Both arms of the cell are this model, placed twice (`toBase`, `toWorld`). No contacts: what arms
 * may touch is decided before they move.
 *
 * @param timestepS - of the dynamics.
 */
export function armMjcf(timestepS: number): string {
  const opening = links.map(linkOpening).join("");
  const closing = "</body>".repeat(links.length);
  return `<mujoco model="fr3">
<compiler angle="radian" autolimits="true"/>
<option timestep="${timestepS}" integrator="implicitfast" jacobian="dense">
  <flag contact="disable" eulerdamp="disable"/>
</option>
<worldbody><body name="base">${opening}${hand()}${closing}</body></worldbody>
<actuator>${servoStiffness.map(servo).join("")}${fingerServo("finger1")}${fingerServo("finger2")}</actuator>
</mujoco>`;
}

function linkOpening({ offset, turn, massKg, capsule }: Link, index: number): string {
  const radius = capsule[6];
  const name = `${index + 1}`;
  return `<body name="link${name}" pos="${offset.join(" ")}" quat="${turns[turn].join(" ")}" gravcomp="1">
<joint name="joint${name}" axis="0 0 1" range="${jointLowerRad[index]!} ${jointUpperRad[index]!}" armature="0.1" damping="1"/>
<geom type="capsule" fromto="${capsule.slice(0, 6).join(" ")}" size="${radius}" mass="${massKg}"/>`;
}

function hand(): string {
  const finger = (name: string, side: 1 | -1) =>
    `<body name="${name}" pos="0 0 0.0584" gravcomp="1">
<joint name="${name}" type="slide" axis="0 ${side} 0" range="0 ${openingMaxM / 2}" armature="0.1" damping="1"/>
<geom type="capsule" fromto="0 0 0 0 0 0.045" size="0.01" mass="${fingerMassKg}"/></body>`;
  return `<body name="hand" pos="0 0 ${flangeM}" quat="${handQuaternion.join(" ")}" gravcomp="1">
<geom type="capsule" fromto="0 -0.07 0.035 0 0.07 0.035" size="0.032" mass="${handMassKg}"/>
<site name="${toolSite}" pos="0 0 ${toolLengthM}"/>
${finger("finger1", 1)}${finger("finger2", -1)}</body>`;
}

function servo(stiffness: number, index: number): string {
  const limit = jointTorqueNm[index]!;
  return `<general joint="joint${index + 1}" gainprm="${stiffness}" biastype="affine" biasprm="0 ${-stiffness} ${-servoDamping[index]!}" forcerange="${-limit} ${limit}"/>`;
}

function fingerServo(joint: string): string {
  return `<general joint="${joint}" gainprm="${fingerStiffness}" biastype="affine" biasprm="0 ${-fingerStiffness} ${-fingerDamping}" forcerange="-70 70"/>`;
}
