import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tasks, type GraspAndRelease, type Task } from "../../src/core/cell.ts";
import { digestBytes } from "../../src/core/digest.ts";
import { createColourSegmenter } from "../../src/perception/colourSegmenter.ts";
import { compilePrimitive } from "../../src/planning/primitive.ts";
import type { EnvironmentSample, JointTrajectory } from "../../src/ports/environment.ts";
import { createArmKinematics, type ArmKinematics } from "../../src/robot/armKinematics.ts";
import { createSimulatedCell, type SimulatedCell } from "../../src/sim/simulatedCell.ts";
import { intersectionOverUnion } from "../perception/syntheticScene.ts";

describe("simulated cell", () => {
  let cell: SimulatedCell;
  let kinematics: ArmKinematics;
  beforeAll(async () => {
    cell = await createSimulatedCell({ motionFrames: { fractions: [0.5, 0.8] } });
    kinematics = await createArmKinematics();
  });
  afterAll(async () => {
    await cell.close();
    kinematics.close();
  });

  const execute = async (trajectory: JointTrajectory, on = cell) => {
    const samples: EnvironmentSample[] = [];
    for await (const sample of on.execute(trajectory)) samples.push(sample);
    return samples;
  };
  /** Takes the object's particle nearest to the world's left half and carries it 8 cm along y. */
  const dragOf = async (task: Task, seed: string): Promise<GraspAndRelease> => {
    await cell.reset({ task, seed });
    const { particles } = (await cell.observe()).truth!;
    const leftmost = Array.from({ length: particles.length / 3 }, (_, at) => at).reduce((a, b) =>
      particles[3 * b]! < particles[3 * a]! ? b : a,
    );
    const grasp = { x: particles[3 * leftmost]!, y: particles[3 * leftmost + 1]!, z: 0 };
    return { arm: "left", grasp, release: { ...grasp, y: grasp.y - Math.sign(grasp.y) * 0.08 } };
  };
  /** Samples with their pictures as digests: comparing millions of numbers one by one takes minutes. */
  const digestsOf = (samples: readonly EnvironmentSample[]) =>
    samples.map((sample) =>
      sample.type === "frame" ? { ...sample, image: digestBytes(sample.image.pixels) } : sample,
    );
  const particlesNow = async () => (await cell.observe()).truth!.particles;

  it.each(tasks)("shows the same %s to the same seed and the same motion", async (task) => {
    const drag = await dragOf(task, "twice");
    const trajectory = compilePrimitive(kinematics, drag);
    const once = digestsOf(await execute(trajectory));
    await cell.reset({ task: task === "rope" ? "toy" : "rope", seed: "between" });
    await cell.reset({ task, seed: "twice" });
    expect(digestsOf(await execute(trajectory))).toEqual(once);
  });

  it("sends grasp, frames, joint states and the settled frame in order of time", async () => {
    const trajectory = compilePrimitive(kinematics, await dragOf("rope", "order"));
    const samples = await execute(trajectory);
    expect(samples.map((sample) => ("phase" in sample ? sample.phase : sample.type))).toEqual([
      "grasp",
      "motion",
      "motion",
      "states",
      "final",
    ]);
    const times = samples.map(({ timeUs }) => timeUs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it.each(tasks)("carries what the hand holds, %s", async (task) => {
    const drag = await dragOf(task, "carried");
    const before = await particlesNow();
    const samples = await execute(compilePrimitive(kinematics, drag));
    expect(samples).toContainEqual(expect.objectContaining({ type: "grasp", isHolding: true }));
    const after = await particlesNow();
    const nearestTo = ({ x, y }: { x: number; y: number }, particles: Float32Array) =>
      Math.min(
        ...Array.from({ length: particles.length / 3 }, (_, at) =>
          Math.sqrt((particles[3 * at]! - x) ** 2 + (particles[3 * at + 1]! - y) ** 2),
        ),
      );
    expect(nearestTo(drag.release, after)).toBeLessThan(0.015);
    expect(after).not.toEqual(before);
  });

  it("moves nothing when the hand misses", async () => {
    await cell.reset({ task: "cloth", seed: "missed" });
    const before = await particlesNow();
    const miss: GraspAndRelease = {
      arm: "left",
      grasp: { x: -0.28, y: 0.29, z: 0 },
      release: { x: -0.1, y: 0, z: 0 },
    };
    const samples = await execute(compilePrimitive(kinematics, miss));
    expect(samples).toContainEqual(expect.objectContaining({ type: "grasp", isHolding: false }));
    expect(await particlesNow()).toEqual(before);
  });

  it("refuses commands beyond the limits, moves nothing, and goes on", async () => {
    const drag = await dragOf("toy", "refused");
    const before = await particlesNow();
    const good = compilePrimitive(kinematics, drag);
    const commands = good.commands.slice();
    commands[40 * 8 + 3] = 0.5;
    expect(await execute({ ...good, commands })).toEqual([
      expect.objectContaining({
        type: "refused",
        arm: "left",
        reason: expect.stringMatching(/joint 4 .*found 0\.5/) as string,
        remedy: expect.stringContaining("limits") as string,
      }),
    ]);
    expect(await particlesNow()).toEqual(before);
    expect((await execute(good)).at(-1)).toMatchObject({ phase: "final" });
  });

  it("imagines what a motion would come to without moving anything", async () => {
    const drag = await dragOf("rope", "imagined");
    const before = await particlesNow();
    const path = kinematics.handPathOf(compilePrimitive(kinematics, drag));
    const outcome = cell.imagine(path);
    expect(cell.imagine(path)).toEqual(outcome);
    expect(outcome.errorM).toBeGreaterThan(0);
    expect(await particlesNow()).toEqual(before);
  });

  it("takes frames at the rate it is asked for", async () => {
    const recording = await createSimulatedCell({ motionFrames: { rateHz: 10 } });
    await recording.reset({ task: "rope", seed: "order" });
    const trajectory = compilePrimitive(kinematics, await dragOf("rope", "order"));
    const samples = await execute(trajectory, recording);
    const times = samples.filter(({ type }) => type === "frame").map(({ timeUs }) => timeUs);
    expect(times.slice(0, 3)).toEqual([100_000, 200_000, 300_000]);
    expect(times).toHaveLength(Math.floor((trajectory.stepCount - 1) / 3) + 1);
    await recording.close();
  });

  it.each(tasks)("shows %s so that the segmenter finds it, IoU 0.95 or better", async (task) => {
    const segmenter = createColourSegmenter();
    const overlaps: number[] = [];
    for (const seed of ["seen/0", "seen/1", "seen/2"]) {
      const { start, goal } = await cell.reset({ task, seed });
      const { mask, memory } = await segmenter.begin(start.image, start.box);
      overlaps.push(intersectionOverUnion(mask, start.truth!.mask));
      const propagated = await segmenter.propagate(goal.image, memory);
      overlaps.push(intersectionOverUnion(propagated.mask, goal.truth!.mask));
    }
    expect(Math.min(...overlaps)).toBeGreaterThan(0.95);
  });
});
