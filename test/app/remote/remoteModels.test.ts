import { onTestFinished, describe, expect, it } from "vitest";
import { judgeDreams } from "../../../src/app/judgeDreams.ts";
import { proposePlan } from "../../../src/app/proposePlan.ts";
import { createRemotePlanner } from "../../../src/app/plannerSpec.ts";
import { ruleOf } from "../../../src/app/derivations/registry.ts";
import { createRemoteJudge } from "../../../src/app/remote/judgeRemotely.ts";
import { recorderFor } from "../../../src/app/sessionLifecycle.ts";
import { startStandIn, type StandInFault } from "../../../src/app/standIn/standInServer.ts";
import { ManualClock } from "../../../src/core/clock.ts";
import { contentDigestOf, encodePayload } from "../../../src/events/codec.ts";
import type { StoredEvent } from "../../../src/events/envelope.ts";
import { createGeometricJudge } from "../../../src/judging/geometricJudge.ts";
import { createMatcherPlanner } from "../../../src/planning/matcherPlanner.ts";
import { createMemoryLog } from "../../../store/openLog.ts";
import { modelAt, observedSession, recordDreams } from "./remoteScene.ts";

const candidateCount = 4;
const offsetsPx = [9, 2, 14, 5];

/** A log with an observed scene, and a stand-in that reads it. */
async function served(
  options: { faultOf?: (request: number) => StandInFault | null; requiredKey?: string } = {},
) {
  const open = createMemoryLog({ clock: new ManualClock(0) });
  const { recorder, scene } = await observedSession(open, "session");
  const models = {
    log: open.log,
    planner: createMatcherPlanner(),
    judge: createGeometricJudge(),
  };
  const server = await startStandIn(models, options);
  onTestFinished(() => server.close());
  const planRequest = { task: "toy", ...scene, candidateCount, seed: "0" } as const;
  return { open, recorder, scene, server, planRequest };
}

async function allEvents(log: { read: (query: object) => Promise<readonly StoredEvent[]> }) {
  return log.read({ limit: 1000 });
}

const typesOf = (events: readonly StoredEvent[]) => events.map(({ type }) => type);

/** Computes an event again from its causes, as replay does, with no server there. */
async function recomputed(
  open: ReturnType<typeof createMemoryLog>,
  event: StoredEvent,
): Promise<string> {
  const rule = ruleOf(event.type, event.producer.component)!;
  const causes = await Promise.all(event.causes.map(async (at) => (await open.log.get(at))!));
  const recorder = recorderFor({ open }, "replay");
  const tools = { media: recorder.media } as Parameters<typeof rule.compute>[1];
  const [payload] = await rule.compute(
    [{ producer: event.producer, causes, seed: event.seed }],
    tools,
  );
  return contentDigestOf(payload, encodePayload(payload));
}

describe("a planner over HTTP", () => {
  it("names the moves that the same planner names in process", async () => {
    const { recorder, server, planRequest, open } = await served();
    const remote = await proposePlan(
      recorder,
      createRemotePlanner(modelAt(server.url)),
      planRequest,
    );
    const other = recorderFor({ open }, "session");
    const local = await createMatcherPlanner().propose({
      task: "toy",
      camera: planRequest.camera.payload,
      current: planRequest.start.keypoints.payload.points,
      goal: planRequest.goal.keypoints.payload.points,
      candidateCount,
      seed: "0",
    });
    expect(remote.plan.payload.candidates.map(({ action }) => action)).toEqual(
      local.map(({ action }) => action),
    );
    expect(server.counts()).toEqual({ received: 1, charged: 1 });

    await server.close();
    const again = await proposePlan(other, createRemotePlanner(modelAt(server.url)), planRequest);
    expect(again.plan.id).toBe(remote.plan.id);
    for (const event of await allEvents(open.log)) {
      if (!/marksDrawn|planProposed/.test(event.type)) continue;
      expect(await recomputed(open, event)).toBe(event.contentDigest);
    }
  });

  it.each<StandInFault>(["429", "500", "disconnect", "hang", "prose"])(
    "loses no move to a server that answers with %s at first, and pays once",
    async (fault) => {
      const faultOf = (request: number) => (request === 0 ? fault : null);
      const { recorder, server, planRequest } = await served({ faultOf });
      const model = modelAt(server.url, "&timeoutMs=1500");
      const { plan } = await proposePlan(recorder, createRemotePlanner(model), planRequest);
      expect(plan.payload.candidates).toHaveLength(candidateCount);
      expect(server.counts().charged).toBe(1);
    },
  );

  it.each<StandInFault>(["truncated", "wrongSchema"])(
    "asks again after an answer that is %s, and keeps it",
    async (fault) => {
      const faultOf = (request: number) => (request === 0 ? fault : null);
      const { recorder, server, planRequest, open } = await served({ faultOf });
      const model = modelAt(server.url);
      const { plan } = await proposePlan(recorder, createRemotePlanner(model), planRequest);
      expect(plan.payload.candidates).toHaveLength(candidateCount);
      const answers = typesOf(await allEvents(open.log)).filter(
        (type) => type === "remote.answered",
      );
      expect(answers).toHaveLength(2);
    },
  );

  it("that never answers readably leaves the answers and an event that says so, and no plan", async () => {
    const { recorder, server, planRequest, open } = await served({
      faultOf: () => "wrongSchema",
    });
    await expect(
      proposePlan(recorder, createRemotePlanner(modelAt(server.url)), planRequest),
    ).rejects.toMatchObject({ code: "ANSWER_INVALID" });
    const types = typesOf(await allEvents(open.log));
    expect(types).toContain("remote.answersUnreadable");
    expect(types).not.toContain("planner.planProposed");
    expect(types).not.toContain("evaluation.outcomeScored");
  });

  it("that is not there is told as an event, and is asked anew the next time", async () => {
    const { recorder, server, planRequest, open } = await served();
    const nobody = modelAt("http://127.0.0.1:9/v1", "&attempts=2&timeoutMs=500");
    for (const failures of [1, 2]) {
      await expect(
        proposePlan(recorder, createRemotePlanner(nobody), planRequest),
      ).rejects.toMatchObject({ code: "REMOTE_UNAVAILABLE", context: { attempts: 2 } });
      const failed = (await allEvents(open.log)).filter(
        ({ type }) => type === "remote.requestFailed",
      );
      expect(failed).toHaveLength(failures);
    }
    const { plan } = await proposePlan(
      recorder,
      createRemotePlanner(modelAt(server.url)),
      planRequest,
    );
    expect(plan.payload.candidates).toHaveLength(candidateCount);
  });

  it("gathers its moves by seeds from a server that gives one answer at a time", async () => {
    const { recorder, server, planRequest } = await served();
    const model = modelAt(server.url, "&sampling=seeds");
    // The matcher always names the same best move: further seeds bring nothing new.
    const { plan } = await proposePlan(recorder, createRemotePlanner(model), planRequest);
    expect(plan.payload.candidates).toHaveLength(1);
    expect(server.counts().received).toBe(3 * candidateCount);
  });
});

describe("a judge over HTTP", () => {
  it.each(["listwise", "pairwise"])(
    "ranks by %s as the same judge in process does",
    async (protocol) => {
      const { recorder, scene, server, open } = await served();
      const dreams = await recordDreams(recorder, offsetsPx);
      const request = { name: "toy/0", task: "toy", goal: scene.goal.crop, dreams } as const;
      const judge = createRemoteJudge(modelAt(server.url, `&protocol=${protocol}`));
      const remote = await judgeDreams(recorder, judge, request);
      const local = await judgeDreams(recorder, createGeometricJudge(), {
        ...request,
        name: "local",
      });
      expect(remote!.payload.ranking).toEqual(local!.payload.ranking);

      await server.close();
      for (const event of await allEvents(open.log)) {
        if (event.producer.component !== "judging.vlmAnswers") continue;
        expect(await recomputed(open, event)).toBe(event.contentDigest);
      }
    },
  );

  it("compares in both orders and finds no bias in a judge that has none", async () => {
    const { recorder, scene, server, open } = await served();
    const dreams = await recordDreams(recorder, offsetsPx);
    const judge = createRemoteJudge(modelAt(server.url, "&protocol=pairwise"));
    const request = { name: "toy/0", task: "toy", goal: scene.goal.crop, dreams } as const;
    await judgeDreams(recorder, judge, request);
    const poll = (await allEvents(open.log)).find(({ type }) => type === "judge.pollCounted")!;
    expect(poll.payload).toEqual({
      protocol: "pairwise",
      asked: 12,
      read: 12,
      decided: 12,
      firstWins: 6,
    });
  });

  it("scores by votes under the rubric", async () => {
    const { recorder, scene, server } = await served();
    const dreams = await recordDreams(recorder, [13, 40 - 28 - 13]);
    const judge = createRemoteJudge(modelAt(server.url, "&protocol=rubric&votes=5"));
    const request = { name: "toy/0", task: "toy", goal: scene.goal.crop, dreams } as const;
    const verdict = await judgeDreams(recorder, judge, request);
    for (const distance of verdict!.payload.distances) expect([0, 0.5, 1]).toContain(distance);
  });

  it("that answers unreadably has given no verdict: a failure of its own, and no score", async () => {
    const { recorder, scene, server, open } = await served({ faultOf: () => "wrongSchema" });
    const dreams = await recordDreams(recorder, offsetsPx);
    const judge = createRemoteJudge(modelAt(server.url));
    const request = { name: "toy/0", task: "toy", goal: scene.goal.crop, dreams } as const;
    expect(await judgeDreams(recorder, judge, request)).toBeNull();
    const types = typesOf(await allEvents(open.log));
    expect(types).toContain("judge.judgementFailed");
    expect(types).not.toContain("judge.verdictGiven");
  });
});

describe("a key", () => {
  it.each(["wrong", "right"])(
    "that is %s stands in no event, no blob and no message, though the server repeats it",
    async (which) => {
      const right = "sk-right-0123456789";
      const key = which === "right" ? right : "sk-wrong-0123456789";
      const { recorder, server, planRequest, open } = await served({ requiredKey: right });
      const model = modelAt(server.url, "", { OPENAI_API_KEY: key });
      let message = "";
      await proposePlan(recorder, createRemotePlanner(model), planRequest).catch(
        (error: unknown) => {
          message = `${String(error)} ${JSON.stringify(error)}`;
        },
      );
      const events = await allEvents(open.log);
      expect(typesOf(events)).toContain(
        which === "right" ? "remote.answered" : "remote.requestFailed",
      );
      const stored = [];
      for (const event of events) {
        stored.push(Buffer.from(encodePayload(event)).toString("latin1"));
        const { request } = event.payload as { request?: { digest: never } };
        if (request === undefined) continue;
        stored.push(Buffer.from(await open.blobs.get(request.digest)).toString("latin1"));
      }
      expect(stored.join("\n") + message).not.toContain(key);
      if (which === "wrong") expect(message).toContain("REMOTE_REFUSED");
    },
  );
});
