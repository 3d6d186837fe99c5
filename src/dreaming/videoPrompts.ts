import type { Task } from "../core/cell.ts";

/** Bumped with every change of wording; a wording is never edited under its number. */
export const videoPromptVersion = 1;

const objects: Readonly<Record<Task, string>> = {
  rope: "a rope",
  cloth: "a cloth",
  toy: "a jointed toy",
};

/** What a video model is told beside the pictures. */
export function videoPrompt(task: Task): string {
  return (
    `Top view of ${objects[task]} on a white ground. A robot gripper, which is not shown, takes hold of ` +
    "it, drags it across the ground as the control clip shows, lets go and leaves. Only the object is " +
    "visible; it moves where it is dragged and stays where it is left. The camera does not move."
  );
}
