import type { Digest } from "../core/digest.ts";
import { canonicalJson, type Producer } from "../events/envelope.ts";
import { createMatcherPlanner } from "../planning/matcherPlanner.ts";
import { createRandomPlanner } from "../planning/randomPlanner.ts";
import { createKeypointPolicy } from "../planning/keypointPolicy.ts";
import type { BlobStore } from "../ports/blobStore.ts";
import type { Planner } from "../ports/planner.ts";
import { exactProducer } from "./producers.ts";
import { connectModel, type ConnectOptions, type RemoteModel } from "./remote/askModel.ts";
import type { OpenAiSpec } from "./remote/openAiSpec.ts";

/** Names a planner so that it can be built in any thread, and stand in a session's settings. */
export type PlannerSpec =
  | { readonly kind: "random" }
  | { readonly kind: "matcher" }
  | { readonly kind: "policy"; readonly weights: Digest; readonly temperature: number }
  | OpenAiSpec;

/** A planner that is asked elsewhere: its answers are effects, and the plan is read in them. */
export interface RemotePlanner {
  /** Names the planner in settings; plans are made by what reads the answers. */
  readonly producer: Producer;
  readonly model: RemoteModel;
}

export function isRemotePlanner(planner: Planner | RemotePlanner): planner is RemotePlanner {
  return "model" in planner;
}

export function createRemotePlanner(model: RemoteModel): RemotePlanner {
  const { url, model: name } = model.spec;
  return { producer: exactProducer("planning.vlmPlanner", 1, { url, model: name }), model };
}

/** @throws {DreamlogError} `BLOB_MISSING`, `CHECKPOINT_INVALID`; `ARGUMENT_INVALID` for a key that is none. */
export async function loadPlanner(
  spec: PlannerSpec,
  blobs: BlobStore,
  options: ConnectOptions = {},
): Promise<Planner | RemotePlanner> {
  switch (spec.kind) {
    case "random":
      return createRandomPlanner();
    case "matcher":
      return createMatcherPlanner();
    case "policy": {
      const checkpoint = await blobs.get(spec.weights);
      return createKeypointPolicy({ checkpoint, temperature: spec.temperature });
    }
    case "openai":
      return createRemotePlanner(connectModel(spec, options));
  }
}

/** Builds each planner once: a thread asks for the same few again and again. */
export function createPlannerShelf(
  blobs: BlobStore,
): (spec: PlannerSpec) => Promise<Planner | RemotePlanner> {
  const shelf = new Map<string, Promise<Planner | RemotePlanner>>();
  return (spec) => {
    const name = canonicalJson(spec);
    const planner = shelf.get(name) ?? loadPlanner(spec, blobs);
    shelf.set(name, planner);
    return planner;
  };
}
