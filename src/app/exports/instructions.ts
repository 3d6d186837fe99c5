import type { Task } from "../../core/cell.ts";

const instructions: Readonly<Record<Task, string>> = {
  rope: "Lay the rope the way the goal shows.",
  cloth: "Fold the cloth the way the goal shows.",
  toy: "Put the toy's arms the way the goal shows.",
};

/** What is said to a policy that reads its task. */
export function instructionOf(task: Task | null): string {
  return task === null ? "Do what the goal shows." : instructions[task];
}
