import type { DreamJob, DreamSetup } from "../dreamWorker.ts";
import { isRemoteSource } from "../dreamer.ts";
import { runOnWorkers, sessionName, startsOf, type RunContext } from "../runContext.ts";
import { dreamingModel } from "./dreamingModel.ts";

/** Dreams the K candidates of every collected plan, one branch each. */
export async function dream(context: RunContext): Promise<void> {
  const { settings, open } = context;
  const setup: DreamSetup = { logPath: open.path, dreamer: await dreamingModel(context) };
  await runOnWorkers<ReturnType<typeof startsOf>[number], DreamJob, "done" | "already" | "failed">(
    context,
    {
      stage: "dream",
      endsAtOnce: isRemoteSource(setup.dreamer),
      module: new URL("../dreamWorker.ts", import.meta.url),
      setup,
      items: startsOf(settings.startsPerTask),
      jobOf: ({ task, index }) => ({
        source: sessionName(settings, "collect", task, index),
        session: sessionName(settings, "dream", task, index),
      }),
      summaryOf: (outcomes) =>
        `${outcomes.length} groups of ${settings.candidateCount} (${outcomes.filter((outcome) => outcome === "already").length} were in the log)`,
    },
  );
}
