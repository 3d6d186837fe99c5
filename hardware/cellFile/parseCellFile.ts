import * as v from "valibot";
import { isNode, LineCounter, parseDocument, type Document } from "yaml";
import { DreamlogError, invariant } from "../../src/core/errors.ts";
import { defaultSafetyLimits, type SafetyLimits } from "../safety/safetyLimits.ts";
import { CellSchema, type CellDescription, type CellLimits } from "./cellSchema.ts";

/** A cell file that was understood. */
export interface CellFile {
  readonly description: CellDescription;
  readonly limits: SafetyLimits;
  /** The file as it was read, for the log. */
  readonly text: string;
}

/** Numbers of a rotation are written with few digits, or come from a calibration. */
const rotationTolerance = 1e-3;

type Path = readonly (string | number)[];

/** Where something stands in the file, and how to complain about it. */
interface Source {
  readonly name: string;
  readonly document: Document;
  readonly lines: LineCounter;
}

/**
 * @param name - of the file, for error messages.
 * @throws {DreamlogError} `CELL_FILE_INVALID`, with the line of what is wrong.
 */
export function parseCellFile(text: string, name: string): CellFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const source = { name, document, lines };
  const [flaw] = document.errors;
  if (flaw !== undefined) {
    const line = lines.linePos(flaw.pos[0]).line;
    throw invalid(name, line, "", "well-formed YAML", flaw.message.split("\n")[0]!);
  }
  const result = v.safeParse(CellSchema, plainOf(source));
  if (!result.success) {
    const [issue] = result.issues;
    const path = (issue.path ?? []).map(({ key }) => key as string | number);
    // A pattern says less than the words that go with it.
    const isPattern = issue.type === "regex" || issue.type === "check";
    const expected = isPattern ? issue.message : (issue.expected ?? issue.message);
    throw invalidAt(source, path, expected, issue.received);
  }
  const description = result.output;
  requireDistinctTopics(source, description);
  requireRotations(source, description);
  requireDistinctJoints(source, description);
  return { description, limits: limitsOf(source, description.limits), text };
}

/**
 * The same file with another address of the cell, for a bridge that is not where it was.
 *
 * @param text - of a cell file that was understood.
 */
export function withLinkUrl(text: string, url: string): string {
  const node = parseDocument(text).getIn(["link", "url"], true);
  invariant(isNode(node) && node.range != null, "a cell file names its link's url");
  const [start, end] = node.range;
  return text.slice(0, start) + JSON.stringify(url) + text.slice(end);
}

/** @throws {DreamlogError} `CELL_FILE_INVALID` for aliases of nothing, or so many that they are an attack. */
function plainOf({ name, document }: Source): unknown {
  try {
    return document.toJS();
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    throw invalid(name, 1, "", "YAML whose aliases name something in the file", found);
  }
}

/** Two streams on one topic would be told apart by nothing, and a gripper of both arms is one of them. */
function requireDistinctTopics(source: Source, description: CellDescription): void {
  const { cameras, arms, halt, operatorStop } = description;
  const seen = new Map<string, string>();
  const visit = (path: Path, topic: string | undefined) => {
    if (topic === undefined) return;
    const first = seen.get(topic);
    if (first !== undefined) throw invalidAt(source, path, `another topic than ${first}'s`, topic);
    seen.set(topic, path.join("."));
  };
  for (const [name, camera] of Object.entries(cameras)) {
    for (const key of ["image", "info", "depth"] as const) {
      visit(["cameras", name, key], camera[key]);
    }
  }
  for (const [name, arm] of Object.entries(arms)) {
    for (const key of ["states", "robotState", "gripperStates"] as const) {
      visit(["arms", name, key], arm[key]);
    }
    visit(["arms", name, "command", "topic"], arm.command.topic);
    visit(["arms", name, "gripper"], arm.gripper);
    visit(["arms", name, "errorRecovery"], arm.errorRecovery);
  }
  visit(["halt"], halt);
  visit(["operatorStop"], operatorStop);
}

/** What is no rotation would put the object somewhere else on the table without a word. */
function requireRotations(source: Source, { cameras }: CellDescription): void {
  for (const [name, { rotation }] of Object.entries(cameras)) {
    const row = (at: number): Row => [rotation[at]!, rotation[at + 1]!, rotation[at + 2]!];
    const [x, y, z] = [row(0), row(3), row(6)];
    const products = [dot(x, x), dot(y, y), dot(z, z), dot(x, y), dot(y, z), dot(z, x)];
    const wrongness = products.map((value, at) => Math.abs(value - (at < 3 ? 1 : 0)));
    const turn = dot(cross(x, y), z);
    if (Math.max(...wrongness) < rotationTolerance && turn > 0) continue;
    const found = turn > 0 ? "other rows" : "a mirror";
    const expected = "a rotation, row-major: three right-handed rows of length 1 at right angles";
    throw invalidAt(source, ["cameras", name, "rotation"], expected, found);
  }
}

type Row = readonly [number, number, number];

function dot(a: Row, b: Row): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function cross(a: Row, b: Row): Row {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

function requireDistinctJoints(source: Source, { arms }: CellDescription): void {
  for (const [name, { jointNames }] of Object.entries(arms)) {
    const twice = jointNames.findIndex((joint, at) => jointNames.indexOf(joint) !== at);
    if (twice < 0) continue;
    const path = ["arms", name, "jointNames", twice];
    throw invalidAt(source, path, "seven different joints", `"${jointNames[twice]!}" twice`);
  }
}

/** The robot's limits with the file's in their place, each at least as strict. */
function limitsOf(source: Source, asked: CellLimits): SafetyLimits {
  const robot = defaultSafetyLimits;
  const refuse = (key: keyof CellLimits, at: number, expected: string, found: number) => {
    throw invalidAt(source, ["limits", key, at], expected, String(found));
  };
  const upTo = ["jointUpperRad", "jointVelocityRadPerS", "jointAccelerationRadPerS2"] as const;
  for (const key of upTo) {
    asked[key]?.forEach((value, at) => {
      if (value > robot[key][at]!) refuse(key, at, `at most ${robot[key][at]!}, the FR3's`, value);
    });
  }
  asked.jointLowerRad?.forEach((value, at) => {
    const least = robot.jointLowerRad[at]!;
    if (value < least) refuse("jointLowerRad", at, `at least ${least}, the FR3's`, value);
  });
  const { workspace, ...rest } = asked;
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  const limits = {
    ...robot,
    ...given,
    ...(workspace === undefined
      ? {}
      : { workspace: { min: pointOf(workspace.min), max: pointOf(workspace.max) } }),
  };
  limits.jointLowerRad.forEach((lower, at) => {
    const upper = limits.jointUpperRad[at]!;
    const key = asked.jointLowerRad === undefined ? "jointUpperRad" : "jointLowerRad";
    if (lower >= upper) throw invalidAt(source, ["limits", key, at], "lower below upper", `${lower} and ${upper}`); // prettier-ignore
  });
  for (const axis of ["x", "y", "z"] as const) {
    const { min, max } = limits.workspace;
    if (min[axis] >= max[axis]) {
      const found = `${min[axis]} and ${max[axis]}`;
      throw invalidAt(source, ["limits", "workspace"], `min.${axis} below max.${axis}`, found);
    }
  }
  return limits;
}

function pointOf([x, y, z]: readonly number[]) {
  return { x: x!, y: y!, z: z! };
}

/** The line of the nearest node that is there: of a missing key, its parent's. */
function lineOf({ document, lines }: Source, path: Path): number {
  for (let depth = path.length; depth > 0; depth--) {
    const node = document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

function invalidAt(source: Source, path: Path, expected: string, found: string): DreamlogError {
  return invalid(source.name, lineOf(source, path), path.join("."), expected, found);
}

function invalid(
  name: string,
  line: number,
  path: string,
  expected: string,
  found: string,
): DreamlogError {
  const where = path === "" ? "" : ` ${path}:`;
  return new DreamlogError(
    "CELL_FILE_INVALID",
    `${name}:${line}:${where} expected ${expected}, found ${found}; correct the cell file`,
    { file: name, line, path, expected, found },
  );
}
