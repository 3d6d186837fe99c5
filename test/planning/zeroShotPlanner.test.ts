import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { createRandom } from "../../src/core/random.ts";
import { drawRigidScene, labelScaleM, type RigidScene } from "../../fixtures/rigidScenes.ts";
import { readCheckpoint } from "../../src/inference/checkpointFile.ts";
import { loadOnnxSession } from "../../src/inference/onnxSession.ts";
import { decodePolicy } from "../../src/learning/policyCheckpoint.ts";
import { policyArchitecture } from "../../src/learning/policyGraph.ts";

const origin = "fixtures/models/planner-zero-shot.onnx";
const checkpoint = readFileSync(new URL(`../../${origin}`, import.meta.url));

function drawScenes(count: number): RigidScene[] {
  const random = createRandom("never trained on");
  const scenes: RigidScene[] = [];
  while (scenes.length < count) {
    const scene = drawRigidScene(random);
    if (scene !== null) scenes.push(scene);
  }
  return scenes;
}

it("is a small checkpoint of today's architecture that says how it was made", () => {
  expect(checkpoint.length).toBeLessThan(1_000_000);
  const { architecture, provenance } = decodePolicy(checkpoint, origin);
  expect(architecture).toEqual(policyArchitecture);
  expect(provenance.method).toBe("fixtures/pretrainPlanner.ts");
  expect(readCheckpoint(checkpoint, origin).settings).toContain("heldOutAgreement");
});

it("brings a rigid piece about as near to its goal as one move can", async () => {
  const session = await loadOnnxSession({ bytes: checkpoint, origin });
  const scenes = drawScenes(40);
  let lostM = 0;
  for (const { input, label } of scenes) {
    const { points, task, armBias } = input;
    const inverseTemperature = Float32Array.of(1);
    const answer = await session.run({ points, task, armBias, inverseTemperature });
    const logProbabilities = answer.logProbabilities as Float32Array;
    const chosen = logProbabilities.indexOf(Math.max(...logProbabilities));
    // Of the label's logits, distances in units of labelScaleM.
    lostM += labelScaleM * Math.log(Math.max(...label) / Math.max(label[chosen]!, 1e-30));
  }
  await session.release();
  expect(lostM / scenes.length).toBeLessThan(0.01);
});
