import { settingsOf, type RunSettings } from "../../../src/app/settings.ts";
import { closeSession, recorderFor, startSession } from "../../../src/app/sessionLifecycle.ts";
import { exactProducer } from "../../../src/app/producers.ts";
import { planProposed, promptComposed } from "../../../src/events/planning.ts";
import { ManualClock } from "../../../src/core/clock.ts";
import { createMemoryLog, type OpenLog } from "../../../store/openLog.ts";
import { observedSession, recordDreams } from "../remote/remoteScene.ts";

/** Two toys, whose dreams end so many pixels below the middle of the crop. */
const offsetsPx = [
  [0, 12, 24],
  [24, 0, 12],
];

/** Settings of a run with two groups of three dreams. */
export const dreamedSettings: RunSettings = {
  ...settingsOf("demo", "0"),
  startsPerTask: { rope: 0, cloth: 0, toy: 2 },
  candidateCount: 3,
};

/** A run that has dreamed and judged nothing yet, in a log in memory. */
export async function dreamedRun(): Promise<OpenLog> {
  const open = createMemoryLog({ clock: new ManualClock(0) });
  const { evaluation: _evaluation, ...settings } = dreamedSettings;
  for (const session of ["seed-0/checkpoints", "seed-0/judge"]) {
    const recorder = recorderFor({ open }, session);
    await startSession(recorder, { purpose: "test", task: null, seed: "0", settings });
    await closeSession(recorder, "completed");
  }
  for (const [index, offsets] of offsetsPx.entries()) {
    const session = `seed-0/dream/toy/0000${index}`;
    const { recorder } = await observedSession(open, session);
    const candidates = offsets.map((_, source) => ({
      action: { arm: "left", source, target: 0 } as const,
      logProbability: null,
    }));
    // Seeded: of equal causes the other session's prompt and plan would be these.
    const producer = exactProducer("test.planner", 1);
    const prompt = await recorder.derived("prompt", promptComposed, { producer, causes: [], seed: session }, () => ({ task: "toy" as const, text: "Which move?", candidateCount: 3 })); // prettier-ignore
    await recorder.derived(
      "plan",
      planProposed,
      { producer, causes: [prompt], seed: session },
      () => ({
        candidates,
      }),
    );
    await recordDreams(recorder, offsets);
    await closeSession(recorder, "completed");
  }
  return open;
}
