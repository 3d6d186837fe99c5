import { describe, expect, it } from "vitest";
import { createExchangeCheck } from "../../../src/app/remote/exchangeCheck.ts";
import { isA } from "../../../src/app/derivations/rule.ts";
import { proposeRemotePlan } from "../../../src/app/remote/proposeRemotePlan.ts";
import { isUnanswered, unansweredNote } from "../../../src/app/remote/unanswered.ts";
import { promptProducer, promptRule } from "../../../src/app/derivations/composePrompt.ts";
import { deriveBy } from "../../../src/app/derivations/deriveBy.ts";
import { closeSession } from "../../../src/app/sessionLifecycle.ts";
import { ManualClock } from "../../../src/core/clock.ts";
import { remoteRequestComposed, remoteRequestFailed } from "../../../src/events/remote.ts";
import { createMemoryLog } from "../../../store/openLog.ts";
import { modelAt, observedSession } from "./remoteScene.ts";

/** A session whose plan nobody answers: of several questions the first alone was asked. */
async function unansweredSession() {
  const open = createMemoryLog({ clock: new ManualClock(0) });
  const { recorder, scene } = await observedSession(open, "s");
  const { start, goal, camera } = scene;
  const step = {
    name: "prompt",
    producer: promptProducer({ task: "toy", candidateCount: 4 }),
    causes: [start.keypoints, goal.keypoints],
  };
  const prompt = await deriveBy(recorder, promptRule, step, {});
  // Nothing listens there.
  const model = modelAt("http://127.0.0.1:1/v1", "&sampling=seeds&attempts=1");
  const asked = { prompt, start, goal, camera, seed: "0" };
  const error: unknown = await proposeRemotePlan(recorder, model, asked).catch((e: unknown) => e);
  if (!isUnanswered(error)) throw new Error("expected nobody to answer");
  const events = await open.log.read({ limit: 1000 });
  const requests = events.filter((event) => isA(event, remoteRequestComposed));
  const failures = events.filter((event) => isA(event, remoteRequestFailed));
  return { open, recorder, requests, failures, note: unansweredNote(error) };
}

describe("a session with questions that were never asked", () => {
  it("is whole when it says that it ended for want of an answer", async () => {
    const { open, recorder, requests, failures, note } = await unansweredSession();
    expect(requests.length).toBeGreaterThan(failures.length);
    await closeSession(recorder, "failed", note);
    for (const request of requests) expect(await createExchangeCheck(open)(request, [])).toBeNull();
  });

  it.each([
    ["completed", ""],
    ["failed", "MASK_EMPTY: expected an object"],
  ] as const)("is not when it ended otherwise: %s", async (reason, note) => {
    const { open, recorder, requests } = await unansweredSession();
    await closeSession(recorder, reason, note);
    const found = await createExchangeCheck(open)(requests.at(-1)!, []);
    expect(found).toMatchObject({ field: "(answer)" });
  });
});
