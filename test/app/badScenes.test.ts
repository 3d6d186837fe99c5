import { describe, expect, it } from "vitest";
import { createMemoryLog, type OpenLog } from "../../store/openLog.ts";
import { beginScene } from "../../src/app/beginScene.ts";
import { evaluationStartSeed, evaluationTrials, observedTrials, sceneSession } from "../../src/app/evaluationTrials.ts"; // prettier-ignore
import { replayHere } from "../../src/app/logVerifier.ts";
import { observeStart } from "../../src/app/observeStart.ts";
import { proposePlan } from "../../src/app/proposePlan.ts";
import { recorderFor, runSession, startSession } from "../../src/app/sessionLifecycle.ts";
import { settingsOf } from "../../src/app/settings.ts";
import { verifyLog } from "../../src/app/verifyLog.ts";
import { cropWindow, topCamera } from "../../src/core/cell.ts";
import { ManualClock } from "../../src/core/clock.ts";
import { createRgbImage, type Box } from "../../src/core/image.ts";
import { createRandom } from "../../src/core/random.ts";
import type { PayloadOf } from "../../src/events/eventDefinition.ts";
import { observationFailed } from "../../src/events/perception.ts";
import { sessionClosed } from "../../src/events/session.ts";
import { createColourSegmenter } from "../../src/perception/colourSegmenter.ts";
import { createMatcherPlanner } from "../../src/planning/matcherPlanner.ts";
import type { Environment, Scene } from "../../src/ports/environment.ts";

const window = cropWindow(topCamera);
const centre = { x: window.x + window.width / 2, y: window.y + window.height / 2 };

/** A table of noise with one red block, or none. */
function sceneWith(block: Box | null): Scene {
  const random = createRandom("table");
  const image = createRgbImage(topCamera.widthPx, topCamera.heightPx);
  for (let at = 0; at < image.pixels.length; at++) image.pixels[at] = 150 + random.index(30);
  const box = block ?? { x: centre.x, y: centre.y, width: 90, height: 60 };
  if (block !== null) {
    for (let y = block.y; y < block.y + block.height; y++) {
      for (let x = block.x; x < block.x + block.width; x++) {
        image.pixels.set([200, 30, 40], 3 * (y * image.widthPx + x));
      }
    }
  }
  const marginPx = 10;
  return {
    image,
    box: {
      x: box.x - marginPx,
      y: box.y - marginPx,
      width: box.width + 2 * marginPx,
      height: box.height + 2 * marginPx,
    },
    truth: null,
  };
}

const here: Box = { x: centre.x - 60, y: centre.y - 30, width: 90, height: 60 };
const there: Box = { ...here, y: centre.y + 60 };

/** Observes a scene and plans on it, as every session begins. */
function planOn(start: Scene, goal: Scene, candidateCount: number) {
  const open = createMemoryLog({ clock: new ManualClock(0) });
  const recorder = recorderFor({ open }, "session");
  const environment: Pick<Environment, "camera" | "reset"> = {
    camera: topCamera,
    reset: () => Promise.resolve({ start, goal }),
  };
  const segmenter = createColourSegmenter();
  const outcome = runSession(recorder, async () => {
    await startSession(recorder, { purpose: "test", task: "toy", seed: "0", settings: {} });
    const scene = { task: "toy", startSeed: "0" } as const;
    const observed = await beginScene(recorder, { environment, segmenter }, scene);
    await proposePlan(recorder, createMatcherPlanner(), {
      task: "toy",
      ...observed,
      candidateCount,
      seed: "0",
    });
  });
  return { open, outcome };
}

async function noteOfLastEvent(open: ReturnType<typeof createMemoryLog>): Promise<string> {
  const [closed] = await open.log.read({ session: "session", types: [sessionClosed.type] });
  return (closed!.payload as PayloadOf<typeof sessionClosed>).note;
}

describe("a session on a scene that cannot be worked on", () => {
  it("plans where nothing is wrong", async () => {
    const { outcome } = planOn(sceneWith(here), sceneWith(there), 1);
    expect(await outcome).toBe("done");
  });

  it.each([
    ["MASK_EMPTY", "no object in the box", sceneWith(null), sceneWith(there), 1],
    ["GOAL_REACHED_ALREADY", "a goal identical to the start", sceneWith(here), sceneWith(here), 1],
  ] as const)("is closed as failed with %s for %s", async (code, _what, start, goal, count) => {
    const { open, outcome } = planOn(start, goal, count);
    expect(await outcome).toBe("failed");
    expect(await noteOfLastEvent(open)).toMatch(new RegExp(`^${code}: expected .*found`));
    expect(verifyLog(open.tables).problems).toEqual([]);
  });

  it("stops with CANDIDATES_EXHAUSTED when more candidates are wanted than there are actions", async () => {
    const { open, outcome } = planOn(sceneWith(here), sceneWith(there), 100_000);
    await expect(outcome).rejects.toMatchObject({
      code: "CANDIDATES_EXHAUSTED",
      message: expect.stringMatching(/expected 1 to \d+ .*found 100000/) as string,
    });
    expect(verifyLog(open.tables).problems).toEqual([]);
  });
});

describe("an evaluation start that cannot be observed", () => {
  const settings = settingsOf("demo", "0");
  const trials = evaluationTrials(settings, 2).filter(({ task }) => task === "toy");
  const testbedWith = (start: Scene) => ({
    segmenter: createColourSegmenter(),
    environment: {
      camera: topCamera,
      reset: () => Promise.resolve({ start, goal: sceneWith(there) }),
    },
  });

  /** Observes the first start, which shows nothing, and the second. */
  async function observeBoth(open: OpenLog) {
    const scenes = [sceneWith(null), sceneWith(here)];
    const observed = [];
    for (const [at, trial] of trials.entries()) {
      const recorder = recorderFor({ open }, sceneSession(settings, trial));
      const job = { task: trial.task, startSeed: evaluationStartSeed(trial) };
      observed.push(await observeStart(recorder, testbedWith(scenes[at]!), job));
    }
    return observed;
  }

  it("is an event of its own that replays, and in no mean; the others go on", async () => {
    const open = createMemoryLog({ clock: new ManualClock(0) });
    const [unseen, seen] = await observeBoth(open);
    expect(unseen).toBeNull();
    expect(seen?.fork.session).toBe(sceneSession(settings, trials[1]!));
    const [told] = await open.log.read({ types: [observationFailed.type] });
    expect(told?.payload).toMatchObject({ code: "MASK_EMPTY" });
    expect(told?.causes).toHaveLength(2);
    expect(await observedTrials(open.log, settings, trials)).toEqual([trials[1]]);
    const { byType, diverged } = await replayHere(open);
    expect(byType).toContainEqual(expect.objectContaining({ type: observationFailed.type, verified: 1 })); // prettier-ignore
    expect(diverged).toEqual([]);
  });

  it("is found as it is when the stage is called again", async () => {
    const open = createMemoryLog({ clock: new ManualClock(0) });
    await observeBoth(open);
    const head = await open.log.head();
    await observeBoth(open);
    expect(await open.log.head()).toBe(head);
  });
});
