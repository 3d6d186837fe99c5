import { isDigest, type Digest } from "../../core/digest.ts";
import { DreamlogError } from "../../core/errors.ts";
import type { PointPrompt } from "./maskPrompt.ts";
import type { Prompting } from "./prompting.ts";
import { sam2LayoutNames, type Sam2Layout } from "./sam2Layouts.ts";

/** What `sam2:…` names on a command line. */
export interface Sam2Request {
  /** A folder of this machine, or the address of one. */
  readonly place: string;
  readonly isRemote: boolean;
  readonly layout?: Sam2Layout;
  readonly digest?: Digest;
  readonly prompting: Prompting;
  readonly threads: number;
}

const prefix = "sam2:";
const threadsMax = 64;
const pointsPerSideMax = 32;
const defaultPointsPerSide = 8;
const options = ["layout", "prompt", "points", "grid", "threads"] as const;

export const sam2Grammar =
  "sam2:FOLDER|URL[?layout=…&prompt=box|points|grid&points=X,Y[,0|1];…&grid=N&threads=N][#sha256=…]";

/**
 * Parses `sam2:./models?layout=nvidia#sha256=…`. What follows `?` and `#` is this program's; a server
 * gets neither.
 *
 * @throws {DreamlogError} `ARGUMENT_INVALID`, also for a URL without layout and digest: nothing is
 *   downloaded that nobody vouches for.
 */
export function parseSam2Spec(text: string): Sam2Request {
  const [rest, fragment] = split(text.slice(prefix.length), "#");
  const [place, query] = split(rest, "?");
  if (place === "") throw refusal(text, "a folder or a URL after sam2:", "none");
  const isRemote = /^https?:\/\//.test(place);
  const parameters = new URLSearchParams(query);
  for (const name of parameters.keys()) {
    const isKnown = (options as readonly string[]).includes(name);
    if (!isKnown) throw refusal(text, `options of ${options.join(", ")}`, `"${name}"`);
  }
  const layout = layoutOf(text, parameters.get("layout"));
  const digest = digestOf(text, fragment);
  if (isRemote && (layout === undefined || digest === undefined)) {
    throw refusal(
      text,
      `?layout=${sam2LayoutNames.join("|")}#sha256=… with a URL, for what is downloaded must be vouched for`,
      layout === undefined ? "no layout" : "no digest",
    );
  }
  return {
    place: isRemote && !place.endsWith("/") ? `${place}/` : place,
    isRemote,
    ...(layout === undefined ? {} : { layout }),
    ...(digest === undefined ? {} : { digest }),
    prompting: promptingOf(text, parameters),
    threads: numberOf(text, parameters, "threads", threadsMax) ?? 1,
  };
}

function promptingOf(text: string, parameters: URLSearchParams): Prompting {
  const points = pointsOf(text, parameters.get("points"));
  const kind = parameters.get("prompt") ?? "box";
  if (kind !== "grid" && parameters.has("grid"))
    throw refusal(text, "grid= with prompt=grid", kind);
  switch (kind) {
    case "box":
      return { kind, points };
    case "points":
      if (points.length === 0) throw refusal(text, "points= with prompt=points", "none");
      return { kind, points };
    case "grid":
      if (points.length > 0) throw refusal(text, "no points= with prompt=grid", "some");
      return {
        kind,
        pointsPerSide: numberOf(text, parameters, "grid", pointsPerSideMax) ?? defaultPointsPerSide,
      };
    default:
      throw refusal(text, "prompt= of box, points, grid", `"${kind}"`);
  }
}

/** `480,270;100,50,0`: x, y and whether it is the object (1, the default) or not. */
function pointsOf(text: string, points: string | null): readonly PointPrompt[] {
  if (points === null) return [];
  return points.split(";").map((point) => {
    const match = /^(\d+(?:\.\d+)?),(\d+(?:\.\d+)?)(?:,([01]))?$/.exec(point);
    if (match === null) throw refusal(text, "points as X,Y or X,Y,0 with ; between", `"${point}"`);
    const [, x, y, label] = match;
    return { x: Number(x), y: Number(y), isObject: label !== "0" };
  });
}

function layoutOf(text: string, name: string | null): Sam2Layout | undefined {
  if (name === null) return undefined;
  const layout = sam2LayoutNames.find((known) => known === name);
  if (layout === undefined) throw refusal(text, `a layout of ${sam2LayoutNames.join(", ")}`, `"${name}"`); // prettier-ignore
  return layout;
}

function digestOf(text: string, fragment: string | undefined): Digest | undefined {
  if (fragment === undefined) return undefined;
  const digest = /^sha256=(.*)$/.exec(fragment)?.[1];
  if (isDigest(digest)) return digest;
  throw refusal(text, "#sha256= and 64 hexadecimal digits", `"#${fragment}"`);
}

function numberOf(
  text: string,
  parameters: URLSearchParams,
  name: string,
  max: number,
): number | undefined {
  const value = parameters.get(name);
  if (value === null) return undefined;
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= 1 && number <= max) return number;
  throw refusal(text, `${name} as a whole number from 1 to ${max}`, `"${value}"`);
}

function split(text: string, mark: string): readonly [string, string | undefined] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function refusal(text: string, expected: string, found: string): DreamlogError {
  return new DreamlogError(
    "ARGUMENT_INVALID",
    `segmenter "${text}": expected ${expected}, found ${found}; the form is ${sam2Grammar}`,
    { text },
  );
}
