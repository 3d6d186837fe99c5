import { topCamera } from "../../src/core/cell.ts";
import { projectPoint } from "../../src/core/camera.ts";
import type { PlanRequest } from "../../src/ports/planner.ts";

/** Pixels of `topCamera` for places on the table, metres. */
export function pixelsAt(places: readonly (readonly [number, number])[]): Float32Array {
  return Float32Array.from(
    places.flatMap(([x, y]) => {
      const pixel = projectPoint(topCamera, { x, y, z: 0 });
      return [pixel.x, pixel.y];
    }),
  );
}

export function planRequest(
  current: readonly (readonly [number, number])[],
  goal: readonly (readonly [number, number])[],
  candidateCount = 1,
  seed = "test",
): PlanRequest {
  return {
    task: "rope",
    camera: topCamera,
    current: pixelsAt(current),
    goal: pixelsAt(goal),
    candidateCount,
    seed,
  };
}
