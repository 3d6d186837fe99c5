import type { Digest } from "../core/digest.ts";
import { canonicalJson } from "../events/envelope.ts";
import { createMatcherPlanner } from "../planning/matcherPlanner.ts";
import { createRandomPlanner } from "../planning/randomPlanner.ts";
import { createKeypointPolicy } from "../planning/keypointPolicy.ts";
import type { BlobStore } from "../ports/blobStore.ts";
import type { Planner } from "../ports/planner.ts";

/** Names a planner so that it can be built in any thread, and stand in a session's settings. */
export type PlannerSpec =
  | { readonly kind: "random" }
  | { readonly kind: "matcher" }
  | { readonly kind: "policy"; readonly weights: Digest; readonly temperature: number };

/** @throws {DreamlogError} `BLOB_MISSING`, `CHECKPOINT_INVALID`. */
export async function loadPlanner(spec: PlannerSpec, blobs: BlobStore): Promise<Planner> {
  switch (spec.kind) {
    case "random":
      return createRandomPlanner();
    case "matcher":
      return createMatcherPlanner();
    case "policy": {
      const checkpoint = await blobs.get(spec.weights);
      return createKeypointPolicy({ checkpoint, temperature: spec.temperature });
    }
  }
}

/** Builds each planner once: a thread asks for the same few again and again. */
export function createPlannerShelf(blobs: BlobStore): (spec: PlannerSpec) => Promise<Planner> {
  const shelf = new Map<string, Promise<Planner>>();
  return (spec) => {
    const name = canonicalJson(spec);
    const planner = shelf.get(name) ?? loadPlanner(spec, blobs);
    shelf.set(name, planner);
    return planner;
  };
}
