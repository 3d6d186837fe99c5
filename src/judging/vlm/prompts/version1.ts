import type { Task } from "../../../core/cell.ts";

/*
 * What a judge is asked, version 1. A prompt is never edited: another wording is another version beside
 * this one, and answers say by which they were asked.
 */

const objects: Readonly<Record<Task, string>> = {
  rope: "a rope on a table, to be laid the way the goal shows",
  cloth: "a cloth on a table, to be folded the way the goal shows",
  toy: "a soft toy on a table, whose arms are to be put the way the goal shows",
};

const ground = (task: Task) =>
  `The pictures show ${objects[task]}. Only the object is shown, on white. The first picture is the goal. Judge where the object lies and its shape; ignore noise, blur and small differences of colour.`;

export function listwisePrompt(task: Task, count: number): string {
  return [
    ground(task),
    `After it come ${count} predictions, numbered 0 to ${count - 1}. Rank them by how close each is to the goal, the closest first.`,
    `Answer with JSON only: {"ranking":[…]} with each number from 0 to ${count - 1} once.`,
  ].join("\n");
}

export function pairwisePrompt(task: Task): string {
  return [
    ground(task),
    "After it come two predictions, A and then B. Which one is closer to the goal?",
    'Answer with JSON only: {"closer":"A"} or {"closer":"B"}.',
  ].join("\n");
}

/** After World-Gymnast's rubric (arXiv 2602.02454), for the last picture instead of a clip. */
export function rubricPrompt(task: Task): string {
  return [
    ground(task),
    "After it comes one prediction by a video model, which may show artifacts. How far has the object come to the goal? 1: as the goal shows; 0.5: about half of the way; 0: no closer than at first, or further.",
    'Think first, then end with one line "Final Score: X" where X is 0, 0.5 or 1.',
  ].join("\n");
}
