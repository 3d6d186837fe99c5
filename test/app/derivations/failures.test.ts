import { describe, expect, it } from "vitest";
import { compileAction, refuseAction } from "../../../src/app/derivations/compileAction.ts";
import { judgingRules } from "../../../src/app/derivations/judgeDreams.ts";
import { topCamera } from "../../../src/core/cell.ts";
import { DreamlogError, isDreamlogError } from "../../../src/core/errors.ts";
import { createRgbImage } from "../../../src/core/image.ts";
import type { StoredEvent } from "../../../src/events/envelope.ts";
import { cameraCalibrated } from "../../../src/events/environment.ts";
import type { EventDefinition } from "../../../src/events/eventDefinition.ts";
import { judgementFailed } from "../../../src/events/judging.ts";
import { cropTaken, keypointsSampled } from "../../../src/events/perception.ts";
import { planProposed } from "../../../src/events/planning.ts";
import { createGeometricJudge } from "../../../src/judging/geometricJudge.ts";
import { primitiveProducer } from "../../../src/planning/primitive.ts";
import { createArmKinematics } from "../../../src/robot/armKinematics.ts";

function event({ type }: EventDefinition, payload: unknown): StoredEvent {
  return { id: type, type, payload } as StoredEvent;
}

/** One keypoint in the middle of the table and one outside the workspace. */
const points = Float32Array.of(480, 270, 5, 5);
const plan = event(planProposed, {
  candidates: [
    { action: { arm: "left", source: 0, target: 1 }, logProbability: null },
    { action: { arm: "left", source: 0, target: 0 }, logProbability: null },
  ],
});
const keypoints = event(keypointsSampled, { count: 2, points });
const causes = [plan, keypoints, keypoints, event(cameraCalibrated, topCamera)];
const step = (seed: string) => ({ producer: primitiveProducer, causes, seed });

describe("a candidate that the arm cannot do", () => {
  it("derives its refusal by the rule that compiles it, and one that it can do has none", async () => {
    const arms = await createArmKinematics();
    const tools = { kinematics: () => arms };
    const [refusal] = await refuseAction.compute([step("candidate 0")], tools);
    expect(refusal).toMatchObject({ candidate: 0, reason: "outsideWorkspace" });
    await expect(compileAction.compute([step("candidate 0")], tools)).rejects.toSatisfy((error) =>
      isDreamlogError(error, "ACTION_REFUSED"),
    );
    await expect(refuseAction.compute([step("candidate 1")], tools)).rejects.toSatisfy((error) =>
      isDreamlogError(error, "ANSWER_INVALID"),
    );
    arms.close();
  });

  it("is named by the seed, and no other text is taken for one", async () => {
    const arms = await createArmKinematics();
    const tools = { kinematics: () => arms };
    for (const seed of ["candidate 7", "dream 0", ""]) {
      await expect(compileAction.compute([step(seed)], tools)).rejects.toSatisfy((error) =>
        isDreamlogError(error, "EVENT_INVALID"),
      );
    }
    arms.close();
  });
});

describe("a judgement that failed", () => {
  const judge = createGeometricJudge();
  const rule = judgingRules.find(
    ({ definition, component }) =>
      definition.type === judgementFailed.type && component === judge.producer.component,
  )!;
  const producer = { ...judge.producer, config: { ...judge.producer.config, task: "rope" } };
  const image = { decoded: "picture", blob: {} };
  const ofGoal = { producer, causes: [event(cropTaken, { image })], seed: null };
  const white = createRgbImage(64, 64);
  white.pixels.fill(255);

  it("derives the same failure from the same pictures", async () => {
    const tools = { media: { loadImage: () => Promise.resolve(white) }, judgeOf: () => judge };
    const [failure] = await rule.compute([ofGoal], tools);
    expect(failure).toMatchObject({ code: "MASK_EMPTY" });
  });

  it("does not take a broken picture for a judgement that failed", async () => {
    const loadImage = () => Promise.reject(new DreamlogError("BLOB_CORRUPT", "broken"));
    const tools = { media: { loadImage }, judgeOf: () => judge };
    await expect(rule.compute([ofGoal], tools)).rejects.toSatisfy((error) =>
      isDreamlogError(error, "BLOB_CORRUPT"),
    );
  });
});
