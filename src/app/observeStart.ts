import type { Task } from "../core/cell.ts";
import type { EventId, SessionId } from "../events/envelope.ts";
import { beginScene } from "./beginScene.ts";
import { closeFailed, closeSession, startSession } from "./sessionLifecycle.ts";
import type { SessionRecorder } from "./sessionRecorder.ts";

type Observed = Awaited<ReturnType<typeof beginScene>>;

/** An evaluation start as every method sees it. */
export interface ObservedStart {
  readonly scene: Observed;
  /** Where the methods' sessions branch from the one that observed. */
  readonly fork: { readonly session: SessionId; readonly event: EventId };
}

/**
 * Observes an evaluation start in a session of its own.
 *
 * @returns null for a start that cannot be observed: its session is closed as failed, and the other
 *   starts go on.
 */
export async function observeStart(
  recorder: SessionRecorder,
  testbed: Parameters<typeof beginScene>[1],
  { task, startSeed }: { readonly task: Task; readonly startSeed: string },
): Promise<ObservedStart | null> {
  await startSession(recorder, { purpose: "evaluationStart", task, seed: startSeed, settings: {} });
  let scene: Observed;
  try {
    scene = await beginScene(recorder, testbed, { task, startSeed });
  } catch (error) {
    await closeFailed(recorder, error);
    return null;
  }
  const { id: event } = await closeSession(recorder, "completed");
  return { scene, fork: { session: recorder.session, event } };
}
