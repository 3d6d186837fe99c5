import * as v from "valibot";
import type { ActionSpace } from "../core/actionSpace.ts";
import type { KeypointAction, Task } from "../core/cell.ts";
import { DreamlogError } from "../core/errors.ts";
import { KeypointActionSchema } from "../events/media.ts";

const taskDescriptions: Readonly<Record<Task, string>> = {
  rope: "a rope; lay it the way the goal shows",
  cloth: "a cloth; fold it the way the goal shows",
  toy: "a soft toy with movable arms; put its arms the way the goal shows",
};

/**
 * What a planner that reads pictures is asked, beside the observation and the goal with their
 * numbered keypoints (DreamPlan section III-A; the paper does not publish its prompt).
 */
export function composePrompt(task: Task, space: ActionSpace): string {
  return [
    `Two robot arms face each other over a table; the left arm stands at the left edge of the picture, the right arm at the right edge. On the table lies ${taskDescriptions[task]}.`,
    `The first picture shows the table now with source keypoints 0 to ${space.sourceCount - 1} on the object, the second the goal with target keypoints 0 to ${space.targetCount - 1}.`,
    "One arm takes hold of the object at one source keypoint, carries it to one target keypoint and lets go. An arm does not reach the far third of the table.",
    'Choose the one move after which the object looks most like the goal. Answer with JSON only, such as {"arm":"left","source":3,"target":7}.',
  ].join("\n");
}

/** @returns the answer that names `action`, as `parseAction` reads it. */
export function formatAction({ arm, source, target }: KeypointAction): string {
  return JSON.stringify({ arm, source, target });
}

/**
 * Reads the action in an answer: the last JSON object in it, whatever stands around.
 *
 * @throws {DreamlogError} `ANSWER_INVALID` for an answer without an action, with other fields than
 *   arm, source and target, or with a keypoint that is not there.
 */
export function parseAction(answer: string, space: ActionSpace): KeypointAction {
  const object = answer.match(/\{[^{}]*\}/g)?.at(-1);
  if (object === undefined) throw invalid(answer, "no JSON object");
  const parsed = v.safeParse(KeypointActionSchema, parseJson(object, answer));
  if (!parsed.success) throw invalid(answer, parsed.issues[0].message);
  const { source, target } = parsed.output;
  if (source >= space.sourceCount) throw invalid(answer, `source ${source}`, space);
  if (target >= space.targetCount) throw invalid(answer, `target ${target}`, space);
  return parsed.output;
}

function parseJson(object: string, answer: string): unknown {
  try {
    return JSON.parse(object);
  } catch {
    throw invalid(answer, "broken JSON");
  }
}

function invalid(answer: string, found: string, space?: ActionSpace): DreamlogError {
  const range =
    space === undefined
      ? ""
      : ` with source below ${space.sourceCount} and target below ${space.targetCount}`;
  return new DreamlogError(
    "ANSWER_INVALID",
    `expected an answer such as {"arm":"left","source":3,"target":7}${range}, found ${found}; ask again or use a planner that follows the format`,
    { answer: answer.slice(0, 2000), found },
  );
}
