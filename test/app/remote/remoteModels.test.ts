import { setTimeout } from "node:timers/promises";
import { onTestFinished, describe, expect, it } from "vitest";
import { judgeDreams } from "../../../src/app/judgeDreams.ts";
import { proposePlan } from "../../../src/app/proposePlan.ts";
import { createRemotePlanner } from "../../../src/app/plannerSpec.ts";
import { replayHere } from "../../../src/app/logVerifier.ts";
import { createRemoteJudge } from "../../../src/app/remote/judgeRemotely.ts";
import { recorderFor } from "../../../src/app/sessionLifecycle.ts";
import {
  startStandIn,
  type StandInFault,
  type StandInOptions,
} from "../../../src/app/standIn/standInServer.ts";
import { ManualClock } from "../../../src/core/clock.ts";
import { encodePayload } from "../../../src/events/codec.ts";
import type { StoredEvent } from "../../../src/events/envelope.ts";
import { createGeometricJudge } from "../../../src/judging/geometricJudge.ts";
import type { Judge } from "../../../src/ports/judge.ts";
import { createMatcherPlanner } from "../../../src/planning/matcherPlanner.ts";
import { createMemoryLog } from "../../../store/openLog.ts";
import { modelAt, observedSession, recordDreams } from "./remoteScene.ts";

const candidateCount = 4;
const offsetsPx = [9, 2, 14, 5];

/** A log with an observed scene, and a stand-in that reads it. */
async function served({
  judge = createGeometricJudge(),
  ...options
}: StandInOptions & { judge?: Judge } = {}) {
  const open = createMemoryLog({ clock: new ManualClock(0) });
  const { recorder, scene } = await observedSession(open, "session");
  const models = {
    log: open.log,
    planner: createMatcherPlanner(),
    judge,
  };
  const server = await startStandIn(models, options);
  onTestFinished(() => server.close());
  const planRequest = { task: "toy", ...scene, candidateCount, seed: "0" } as const;
  return { open, recorder, scene, server, planRequest };
}

/** A judge that answers later questions sooner, and counts how many it is asked at a time. */
function slowJudge(): Judge & { readonly atOnceMost: () => number } {
  const judge = createGeometricJudge();
  let [asked, atOnce, most] = [0, 0, 0];
  return {
    producer: judge.producer,
    async rank(request) {
      most = Math.max(most, ++atOnce);
      await setTimeout(Math.max(5, 60 - 5 * asked++));
      atOnce -= 1;
      return judge.rank(request);
    },
    atOnceMost: () => most,
  };
}

async function allEvents(log: { read: (query: object) => Promise<readonly StoredEvent[]> }) {
  return log.read({ limit: 1000 });
}

const typesOf = (events: readonly StoredEvent[]) => events.map(({ type }) => type);

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
    expect((await replayHere(open)).firstDivergence).toBeNull();
  });

  it.each<StandInFault>(["429", "500", "disconnect", "hang", "truncated", "prose"])(
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

  it("asks again after an answer of another kind, and keeps it", async () => {
    const faultOf = (request: number) => (request === 0 ? "wrongSchema" : null);
    const { recorder, server, planRequest, open } = await served({ faultOf });
    const model = modelAt(server.url);
    const { plan } = await proposePlan(recorder, createRemotePlanner(model), planRequest);
    expect(plan.payload.candidates).toHaveLength(candidateCount);
    const answers = typesOf(await allEvents(open.log)).filter((type) => type === "remote.answered");
    expect(answers).toHaveLength(2);
  });

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
      const types = ["remote.requestComposed", "judge.verdictGiven", "judge.pollCounted"];
      const { firstDivergence } = await replayHere(open, { types });
      expect(firstDivergence).toBeNull();
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

  it("asks several questions at a time, and writes the same as one that asks them one by one", async () => {
    const written = [];
    for (const concurrency of [1, 5]) {
      const judge = slowJudge();
      const { recorder, scene, server, open } = await served({ judge });
      const dreams = await recordDreams(recorder, offsetsPx);
      const model = modelAt(server.url, `&protocol=pairwise&concurrency=${concurrency}`);
      const request = { name: "toy/0", task: "toy", goal: scene.goal.crop, dreams } as const;
      await judgeDreams(recorder, createRemoteJudge(model), request);
      expect(judge.atOnceMost()).toBeLessThanOrEqual(concurrency);
      if (concurrency > 1) expect(judge.atOnceMost()).toBeGreaterThan(1);
      const events = await allEvents(open.log);
      written.push(
        events.map(({ id, payload }) => `${id} ${(payload as { answer?: string }).answer ?? ""}`),
      );
    }
    expect(written[1]).toEqual(written[0]);
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
