import { expect, it, onTestFinished } from "vitest";
import { listen } from "../../../hardware/virtualCell/listen.ts";
import { readSession } from "../../../src/app/collectedSession.ts";
import { createRgbImage } from "../../../src/core/image.ts";
import { cropTaken } from "../../../src/events/perception.ts";
import { primitiveCompiled } from "../../../src/events/planning.ts";
import { openForTest, temporaryPath } from "../../store/temporaryLog.ts";
import { command, eventsOf, recordDry, serveCell } from "./liveScene.ts";

it("fails, and says what is missing, where a server answers and says nothing", async () => {
  const silent = await listen(0);
  onTestFinished(() => silent.close());
  const logPath = temporaryPath("live.sqlite");
  const following = { task: "rope", goal: null, boxes: {}, plan: null, lookEvery: 3 } as const;
  const aim = { ...following, judge: { kind: "geometric" } } as const;
  const { port } = silent;
  const recording = recordDry({ port, goal: createRgbImage(1, 1) }, logPath, aim, { durationSeconds: 1 }); // prettier-ignore
  await expect(recording).rejects.toThrow(
    /within 1 s, found a connection without pictures, camera info, states of the left arm, states of the right arm;/,
  );
  const open = openForTest({ path: logPath, mode: "readonly" });
  expect((await eventsOf(open.log, "s")).at(-1)!.payload).toMatchObject({ reason: "failed" });
  await open.close();
});

it("plans and carries out a primitive in a dry run, as a session that replays exactly", async () => {
  const logPath = temporaryPath("live.sqlite");
  const recorded = await recordDry(await serveCell("rope"), logPath, {
    ...{ task: "rope", boxes: {}, judge: { kind: "geometric" }, lookEvery: 3 },
    plan: {
      ...{ planner: { kind: "matcher" }, candidateCount: 4, worldModel: null, primitiveCount: 1 },
    },
  });

  expect(recorded).toMatchObject({ reason: "completed", primitives: ["done"] });
  expect(recorded.status).toMatchObject({ commandsSent: 0, rejected: 0, dropped: 0 });
  const open = openForTest({ path: logPath, mode: "readonly" });
  const stored = await open.log.read({ session: "s", types: ["robot.commandSent"] });
  const events = await readSession(open.log, "s/primitive-0");
  // The steps over which the fingers move are one command and a rest.
  expect(stored.length).toBeGreaterThan(50);
  expect(events.get("candidate/0/primitive", primitiveCompiled).payload.stepCount).toBeGreaterThan(
    50,
  );
  expect(events.get("final/crop/objectOnly", cropTaken).payload.variant).toBe("objectOnly");
  await open.close();

  expect(await command("replay", logPath, "--jobs", "1")).toContain("verified");
}, 180_000);
