import { armPlaneSidePx } from "../core/dreamTensors.ts";
import { armClipFrameCount } from "../core/cell.ts";
import { add, divide, exponential, multiply, negate, relu, scale, shift, square, squareRoot, subtract } from "./graph/elementwise.ts"; // prettier-ignore
import type { Graph, Value } from "./graph/graph.ts";
import { matmul } from "./graph/linear.ts";
import { concat, reshape, slice, sum, transpose } from "./graph/shape.ts";

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

/** Shares of the fingers' way by which the picture is carried along. */
const carriedShares = [1, 0.5] as const;

/**
 * Guesses at where the first frame's parts go, for the network to choose from by pixel: carried along
 * with the fingers wholly or by half, as what they hold and what hangs on it are; trailed behind
 * them, as a rigid body is that is pulled at one point over a rough table; and folded over, as a cloth
 * is that is laid down beyond its crease.
 *
 * @param picture - ink, shape [batch, 3, side, side]; an input, not something learned.
 * @returns each shaped like `picture`.
 */
export function carriedPictures(picture: Value, { grasp, release }: Hold): readonly Value[] {
  const [batchSize] = picture.shape as [number];
  const way = subtract(release, grasp);
  const places = transpose(placePlanes(picture.graph, picture.shape[2]!), [0, 2, 3, 1]);
  const sources = [
    ...carriedShares.map((share) =>
      subtract(places, reshape(scale(way, share), [batchSize, 1, 1, 2])),
    ),
    trailedPlaces(picture, places, { grasp, release }),
    foldedPlaces(places, { grasp, release }),
  ];
  return sources.map((source) => samplePicture(picture, source));
}

/** Mirrored at the line half way between the hold's ends, where a flat fold has its crease. */
function foldedPlaces(places: Value, { grasp, release }: Hold): Value {
  const [batchSize] = grasp.shape as [number];
  const field = (value: Value) => reshape(value, [batchSize, 1, 1, 2]);
  const way = field(subtract(release, grasp));
  const fromCrease = subtract(places, field(scale(add(grasp, release), 0.5)));
  const along = sum(multiply(fromCrease, way), [3]);
  const share = divide(along, shift(sum(square(way), [3]), tiny));
  return subtract(places, scale(multiply(share, way), 2));
}

/** Keeps quotients finite where fingers do not move or nothing is there. */
const tiny = 1e-4;

/**
 * Where each pixel of the trailed picture comes from. The body's centre follows the fingers like a
 * trailer: the angle φ between its arm and the way back shrinks by tan(φ/2) · exp(−way / length), where
 * the length grows with the body's radius of gyration (a body held at its centre does not turn).
 *
 * @returns shape [batch, side, side, 2].
 */
function trailedPlaces(picture: Value, places: Value, { grasp, release }: Hold): Value {
  const [batchSize] = picture.shape as [number];
  const { centre, gyration2 } = bodyOf(picture, places);
  const [wayX, wayY] = split(subtract(release, grasp));
  const [armX, armY] = split(subtract(centre, grasp));
  const way = lengthOf(wayX, wayY);
  const arm = lengthOf(armX, armY);
  // φ from the way back to the arm; 0 where there is no arm or no way.
  const inLine = shift(negate(add(multiply(wayX, armX), multiply(wayY, armY))), tiny);
  const aside = subtract(multiply(wayY, armX), multiply(wayX, armY));
  const cosine = divide(inLine, lengthOf(inLine, aside));
  const sine = divide(aside, lengthOf(inLine, aside));
  const shrink = exponential(negate(divide(multiply(way, arm), shift(add(square(arm), gyration2), tiny)))); // prettier-ignore
  const halfTangent = multiply(divide(sine, shift(cosine, 1 + tiny)), shrink);
  const secant2 = shift(square(halfTangent), 1);
  const cosineAfter = divide(shift(negate(square(halfTangent)), 1), secant2);
  const sineAfter = divide(scale(halfTangent, 2), secant2);
  const turnCosine = add(multiply(cosineAfter, cosine), multiply(sineAfter, sine));
  const turnSine = subtract(multiply(sineAfter, cosine), multiply(cosineAfter, sine));
  const [x, y] = split(subtract(places, reshape(release, [batchSize, 1, 1, 2])));
  const field = (value: Value) => reshape(value, [batchSize, 1, 1, 1]);
  const back = concat(
    [
      add(multiply(field(turnCosine), x), multiply(field(turnSine), y)),
      subtract(multiply(field(turnCosine), y), multiply(field(turnSine), x)),
    ],
    3,
  );
  return add(back, reshape(grasp, [batchSize, 1, 1, 2]));
}

/** Centre of the ink, shape [batch, 1, 2], and its mean squared distance from there, [batch, 1, 1]. */
function bodyOf(
  picture: Value,
  pixelPlaces: Value,
): { readonly centre: Value; readonly gyration2: Value } {
  const [batchSize, , side] = picture.shape as [number, number, number, number];
  const area = side * side;
  const ink = reshape(sum(picture, [1]), [batchSize, 1, area]);
  const places = reshape(pixelPlaces, [1, area, 2]);
  const total = shift(sum(ink, [2]), tiny);
  const centre = divide(matmul(ink, places), total);
  const squares = sum(square(places), [2]);
  const meanSquare = divide(matmul(ink, squares), total);
  return { centre, gyration2: subtract(meanSquare, sum(square(centre), [2])) };
}

/** x and y of places, whose last axis has 2 items. */
function split(places: Value): readonly [Value, Value] {
  const last = places.shape.length - 1;
  return [slice(places, last, 0, 1), slice(places, last, 1, 2)];
}

function lengthOf(x: Value, y: Value): Value {
  return squareRoot(shift(add(square(x), square(y)), 1e-12));
}

/**
 * The picture as seen at other places, between pixels and with nothing outside. No gradient flows
 * through it.
 *
 * @param places - shape [batch, side, side, 2].
 */
function samplePicture(picture: Value, places: Value): Value {
  return picture.graph.apply({
    operator: "GridSample",
    inputs: [picture, places],
    shape: picture.shape,
    attributes: { mode: "bilinear", padding_mode: "zeros", align_corners: 0 },
  });
}
