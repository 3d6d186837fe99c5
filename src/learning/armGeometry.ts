import { armPlaneSidePx } from "../core/dreamTensors.ts";
import { armClipFrameCount } from "../core/cell.ts";
import { divide, exponential, relu, scale, shift, square, subtract } from "./graph/elementwise.ts"; // prettier-ignore
import type { Graph, Value } from "./graph/graph.ts";
import { matmul } from "./graph/linear.ts";
import { reshape, slice, sum, transpose } from "./graph/shape.ts";

/*
 * Geometry that the world model reads off the rendered arm clip. Nothing here is learned and nothing
 * here passes a gradient on. Places are (x, y) from −1 (left, top) to 1 (right, bottom) of the crop.
 */

/** Where the fingers hold: shape [batch, 1, 2] each. */
export interface Hold {
  readonly grasp: Value;
  readonly release: Value;
}

/** Frames of the arm clip in which the fingers have just closed and are about to open. */
const graspFrame = 1;
const releaseFrame = armClipFrameCount - 2;

/**
 * Closed fingers are drawn red, the only thing with more red than green: their centre in two frames
 * is where the hand takes hold and where it lets go.
 *
 * @param planes - shape [batch, 24, 32, 32], 0 to 1.
 */
export function readHold(graph: Graph, planes: Value): Hold {
  const [batchSize] = planes.shape as [number];
  const area = armPlaneSidePx * armPlaneSidePx;
  const channel = (frame: number, at: number) =>
    reshape(slice(planes, 1, 3 * frame + at, 3 * frame + at + 1), [batchSize, 1, area]);
  const places = transpose(reshape(placePlanes(graph, armPlaneSidePx), [1, 2, area]), [0, 2, 1]);
  const centreOf = (frame: number) => {
    const redness = relu(subtract(channel(frame, 0), channel(frame, 1)));
    // A clip without closed fingers, as in tests, has its hold in the middle.
    return divide(matmul(redness, places), shift(sum(redness, [2]), 1e-3));
  };
  return { grasp: centreOf(graspFrame), release: centreOf(releaseFrame) };
}

/** x and y of every pixel: shape [1, 2, side, side]. */
export function placePlanes(graph: Graph, side: number): Value {
  const area = side * side;
  const data = Float32Array.from({ length: 2 * area }, (_, at) => {
    const pixel = at % area;
    const step = at < area ? pixel % side : Math.floor(pixel / side);
    return (2 * step + 1) / side - 1;
  });
  return graph.constant([1, 2, side, side], data);
}

/** Radii of nearness: about a finger, a hand, a cloth; in halves of the crop's side. */
const nearnessRadii = [0.08, 0.2, 0.5] as const;

/** @returns planes of every pixel's place as seen from `centre`, and of how near to it it is. */
export function placesFrom(centre: Value, side: number): readonly Value[] {
  const [batchSize] = centre.shape as [number];
  const away = subtract(placePlanes(centre.graph, side), reshape(centre, [batchSize, 2, 1, 1]));
  const squared = sum(square(away), [1]);
  return [away, ...nearnessRadii.map((radius) => exponential(scale(squared, -1 / radius ** 2)))];
}

/**
 * The picture moved by `displacement`, with nothing where it moved away from.
 *
 * @param picture - shape [batch, 3, side, side]; an input, not something learned.
 * @param displacement - shape [batch, 1, 2].
 */
export function shiftPicture(picture: Value, displacement: Value): Value {
  const { graph } = picture;
  const [batchSize, , side] = picture.shape as [number, number, number, number];
  const places = transpose(placePlanes(graph, side), [0, 2, 3, 1]);
  const source = subtract(places, reshape(displacement, [batchSize, 1, 1, 2]));
  return graph.apply({
    operator: "GridSample",
    inputs: [picture, source],
    shape: picture.shape,
    attributes: { mode: "bilinear", padding_mode: "zeros", align_corners: 0 },
  });
}
