import type { PinholeCamera, Point3 } from "../../core/camera.ts";
import type { RenderTarget, Rgb } from "../../media/raster.ts";
import { drawCapsules } from "../../media/rasterCapsules.ts";
import { drawTriangles } from "../../media/rasterTriangles.ts";
import { clothSideCount } from "../objects/cloth.ts";
import type { SimObject } from "../objects/simObject.ts";
import { toyParts, type ToyPart } from "../objects/toy.ts";

/** What the object's pixels are marked with in the id channel. */
export const objectId = 1;

/** Draws an object whose particles lie at `positions`, shape [particleCount, 3]. */
export type ObjectPainter = (
  target: RenderTarget,
  camera: PinholeCamera,
  positions: Float64Array,
) => void;

const ropeStripes: readonly Rgb[] = [
  [205, 40, 45],
  [40, 50, 130],
];
const clothFront: readonly Rgb[] = [
  [45, 85, 185],
  [95, 135, 220],
];
const clothBack: readonly Rgb[] = [
  [235, 120, 35],
  [245, 160, 60],
];
const toyColours: Readonly<Record<ToyPart, Rgb>> = {
  h: [245, 205, 50],
  b: [60, 150, 80],
  l: [45, 110, 150],
  s: [110, 60, 150],
  a: [205, 55, 125],
};
/** Particles along one side of a cloth's check. */
const checkSide = 2;

/** The textured surface of an object. */
export function createObjectPainter(object: SimObject): ObjectPainter {
  switch (object.model.task) {
    case "rope":
      return capsulePainter(object, (capsule) => ropeStripes[capsule % ropeStripes.length]!);
    case "toy": {
      const parts = toyParts();
      return capsulePainter(object, (capsule) => {
        const [a, b] = [parts[object.capsules[2 * capsule]!]!, parts[object.capsules[2 * capsule + 1]!]!]; // prettier-ignore
        // Where two parts meet, the limb's colour shows.
        return toyColours[a === "b" ? b : a];
      });
    }
    case "cloth":
      return clothPainter(object);
  }
}

function capsulePainter(object: SimObject, colourOf: (capsule: number) => Rgb): ObjectPainter {
  const { capsules, capsuleRadiusM: radiusM } = object;
  const colours = Array.from({ length: capsules.length / 2 }, (_, capsule) => colourOf(capsule));
  return (target, camera, positions) => {
    const shapes = colours.map((color, capsule) => ({
      a: pointAt(positions, capsules[2 * capsule]!),
      b: pointAt(positions, capsules[2 * capsule + 1]!),
      radiusM,
      color,
    }));
    drawCapsules(target, camera, shapes, objectId);
  };
}

function pointAt(positions: Float64Array, particle: number): Point3 {
  const at = 3 * particle;
  return { x: positions[at]!, y: positions[at + 1]!, z: positions[at + 2]! };
}

function clothPainter({ triangles }: SimObject): ObjectPainter {
  const indices = Uint32Array.from(triangles);
  const colors = checks(clothFront);
  const backColors = checks(clothBack);
  return (target, camera, positions) => {
    const mesh = {
      positions: Float32Array.from(positions),
      indices,
      colors,
      backColors,
      colorPer: "triangle" as const,
    };
    drawTriangles(target, camera, mesh, objectId);
  };
}

/** @returns shape [triangleCount, 3]: two triangles a cell, checks of `checkSide` cells. */
function checks(colours: readonly Rgb[]): Uint8Array {
  const cells = clothSideCount - 1;
  const painted: number[] = [];
  for (let row = 0; row < cells; row++) {
    for (let column = 0; column < cells; column++) {
      const check = Math.floor(row / checkSide) + Math.floor(column / checkSide);
      const colour = colours[check % colours.length]!;
      painted.push(...colour, ...colour);
    }
  }
  return Uint8Array.from(painted);
}
