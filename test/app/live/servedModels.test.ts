import { describe, expect, it, onTestFinished } from "vitest";
import { parsePlannerChoice } from "../../../src/app/branches/plannerChoice.ts";
import { parseWorldModelSpec } from "../../../src/app/branches/worldModelChoice.ts";
import { isA } from "../../../src/app/derivations/rule.ts";
import { parseJudgeSpec } from "../../../src/app/judgeSpec.ts";
import type { LiveAim } from "../../../src/app/live/pursueAim.ts";
import { startStandIn, type StandInFault } from "../../../src/app/standIn/standInServer.ts";
import { dreamImagined } from "../../../src/events/dreaming.ts";
import { verdictGiven } from "../../../src/events/judging.ts";
import { actionChosen, planProposed } from "../../../src/events/planning.ts";
import { remoteAnswered, remoteJobAccepted, remoteRequestFailed, remoteVideoAnswered } from "../../../src/events/remote.ts"; // prettier-ignore
import { sessionClosed } from "../../../src/events/session.ts";
import { createGeometricJudge } from "../../../src/judging/geometricJudge.ts";
import { createMatcherPlanner } from "../../../src/planning/matcherPlanner.ts";
import { openForTest, temporaryPath } from "../../store/temporaryLog.ts";
import { embeddedSizes, shiftingWorldModel } from "../remote/videoScene.ts";
import { command, eventsOf, recordDry, serveCell } from "./liveScene.ts";

const timeoutMs = 180_000;

/** A stand-in for every service, which looks pictures up in the log that is being recorded. */
async function serveModels(faultOf: (request: number) => StandInFault | null) {
  const logPath = temporaryPath("live.sqlite");
  const open = openForTest({ path: logPath });
  const models = {
    ...{ log: open.log, planner: createMatcherPlanner(), judge: createGeometricJudge() },
    // So little that the object stays in the picture, or there would be nothing to judge.
    worldModel: () => Promise.resolve(shiftingWorldModel(3)),
  };
  const server = await startStandIn(models, { faultOf });
  onTestFinished(() => server.close());
  return { logPath, open, server };
}

function aimAt(
  plan: Partial<NonNullable<LiveAim["plan"]>>,
  judge = "geometric",
): Omit<LiveAim, "goal"> {
  return {
    ...{ task: "rope", boxes: {}, judge: parseJudgeSpec(judge), lookEvery: 8 },
    plan: {
      ...{ planner: { kind: "matcher" }, candidateCount: 2, worldModel: null, primitiveCount: 1 },
      ...plan,
    },
  };
}

describe("a live session with models behind services", () => {
  it(
    "plans, dreams and judges, whatever fails now and then, and replays with no server",
    async () => {
      const faults: readonly StandInFault[] = ["429", "500", "truncated", "duplicateJob"];
      const { logPath, open, server } = await serveModels((request) =>
        request % 3 === 1 ? faults[((request - 1) / 3) % faults.length]! : null,
      );
      const cell = await serveCell("rope");
      const chat = `openai:${server.url}?model=stand-in`;
      const dreams = `dream-http:${server.dreamUrl}?form=job&pollMs=10&${embeddedSizes}`;
      const plan = { planner: parsePlannerChoice(chat), worldModel: parseWorldModelSpec(dreams) };
      const recorded = await recordDry(cell, logPath, aimAt(plan, chat));
      expect(recorded).toMatchObject({ reason: "completed", primitives: ["done"] });

      const own = await eventsOf(open.log, "s/primitive-0");
      const count = (definition: Parameters<typeof isA>[1]) =>
        own.filter((event) => isA(event, definition)).length;
      expect([remoteRequestFailed, planProposed, dreamImagined, verdictGiven].map(count)).toEqual([0, 1, 2, 1]); // prettier-ignore
      expect([remoteAnswered, remoteJobAccepted, remoteVideoAnswered].map(count)).toEqual([
        2, 2, 2,
      ]);
      const verdict = own.find((event) => isA(event, verdictGiven))!;
      expect(own.find((event) => isA(event, actionChosen))!.causes).toContain(verdict.position);
      // Two questions and two videos, each charged once however often it was asked.
      expect(server.counts().charged).toBe(4);
      expect(server.counts().received).toBeGreaterThan(6);

      await server.close();
      expect(await command("replay", logPath, "--jobs", "1")).toContain("verified");
    },
    timeoutMs,
  );

  it(
    "outlives a planner that does not answer: looks on, says so, and asks for the next plan",
    async () => {
      // Both attempts at the first plan hang.
      const { logPath, open, server } = await serveModels((request) =>
        request < 2 ? "hang" : null,
      );
      const cell = await serveCell("rope");
      const chat = `openai:${server.url}?model=stand-in&timeoutMs=1500&attempts=2`;
      const dreams = `videos:${server.url}?model=m&control=mkv&pollMs=10&${embeddedSizes}`;
      const plan = {
        ...{ planner: parsePlannerChoice(chat), worldModel: parseWorldModelSpec(dreams) },
        ...{ candidateCount: 1, primitiveCount: 2 },
      };
      const recorded = await recordDry(cell, logPath, aimAt(plan));
      expect(recorded).toMatchObject({ reason: "completed", primitives: ["unanswered", "done"] });

      const first = await eventsOf(open.log, "s/primitive-0");
      const failure = first.find((event) => isA(event, remoteRequestFailed))!;
      expect(failure.payload).toMatchObject({ code: "REMOTE_UNAVAILABLE", attempts: 2 });
      expect(first.at(-1)).toMatchObject({
        type: sessionClosed.type,
        payload: { reason: "failed" },
      });
      // What was looked at between the question and its end.
      const asked = first.find(({ id }) => id.endsWith("plan/request/0"))!;
      const looks = (await eventsOf(open.log, "s/watch")).filter(
        ({ id, position }) =>
          /look\/\d+\/frame$/.test(id) && position > asked.position && position < failure.position,
      );
      expect(looks.length).toBeGreaterThan(0);

      await server.close();
      expect(await command("replay", logPath, "--jobs", "1")).toContain("verified");
      await command("log", "verify", logPath);
    },
    timeoutMs,
  );

  it(
    "ends when it is told to, whoever it is waiting for",
    async () => {
      const ending = new AbortController();
      const { logPath, open, server } = await serveModels(() => {
        ending.abort();
        return "hang";
      });
      const cell = await serveCell("rope");
      const plan = { planner: parsePlannerChoice(`openai:${server.url}?model=stand-in`) };
      const recorded = await recordDry(cell, logPath, aimAt(plan), ending);
      expect(recorded).toMatchObject({ reason: "interrupted", primitives: [] });
      const waited = await eventsOf(open.log, "s/primitive-0");
      expect(waited.at(-1)!.payload).toMatchObject({
        reason: "failed",
        note: expect.stringContaining("INTERRUPTED") as string,
      });
      expect((await eventsOf(open.log, "s")).at(-1)).toMatchObject({ type: sessionClosed.type });
      expect(await command("replay", logPath, "--jobs", "1")).toContain("verified");
    },
    timeoutMs,
  );
});
