import { InvalidArgumentError, Option, type Command } from "commander";
import { standInFaults, type StandInFault } from "../../app/standIn/standInServer.ts";
import { parseCount } from "../runOptions.ts";
import { withLog } from "../withLog.ts";

interface StandInOptions {
  readonly port: number;
  readonly faults?: readonly StandInFault[];
  readonly every: number;
  readonly video: "mkv" | "mp4";
  readonly samplingSteps: number;
}

/** `dreamlog stand-in`: the HTTP APIs of the big models, answered by the embedded ones. */
export function configureStandIn(command: Command): void {
  command
    .argument("<log>", "the log whose pictures it is asked about")
    .option("--port <number>", "on this machine only", parseCount, 8009)
    .option("--faults <list>", `go wrong by turns: ${standInFaults.join(", ")}`, parseFaults)
    .option("--every <count>", "one request in so many goes wrong", parseCount, 5)
    .addOption(
      new Option("--video <kind>", "mkv is without loss, mp4 what real servers send")
        .choices(["mkv", "mp4"])
        .default("mkv"),
    )
    .option("--sampling-steps <n>", "of the world model, 1 to 10", parseCount, 1)
    .addHelpText(
      "after",
      "\nExample:\n  dreamlog stand-in demo.sqlite --faults 429,truncated --every 3 &\n  dreamlog evaluate --seed 0 --log demo.sqlite \\\n    --planner 'openai:http://127.0.0.1:8009/v1?model=stand-in'\n  dreamlog redream demo.sqlite --world-model \\\n    'videos:http://127.0.0.1:8009/v1?model=stand-in&object=asIs&control=mkv'",
    )
    .action((log: string, options: StandInOptions) => serve(log, options));
}

function serve(path: string, options: StandInOptions): Promise<void> {
  const { port, faults = [], every, video, samplingSteps } = options;
  return withLog(path, async (open) => {
    const { log } = open;
    const { startStandIn } = await import("../../app/standIn/standInServer.ts");
    const { createMatcherPlanner } = await import("../../planning/matcherPlanner.ts");
    const { createGeometricJudge } = await import("../../judging/geometricJudge.ts");
    const { servedWorldModel } = await import("../../app/standIn/servedWorldModel.ts");
    const server = await startStandIn(
      {
        log,
        planner: createMatcherPlanner(),
        judge: createGeometricJudge(),
        worldModel: servedWorldModel(open, samplingSteps),
      },
      {
        port,
        videoEncoding: video,
        faultOf: (request) =>
          faults.length > 0 && request % every === every - 1
            ? faults[Math.floor(request / every) % faults.length]!
            : null,
      },
    );
    console.log(`serving ${server.url} and ${server.dreamUrl}; Ctrl-C ends it`);
    await new Promise<void>((resolve) => {
      for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, resolve);
    });
    const { received, charged } = server.counts();
    await server.close();
    console.log(`${received} requests, ${charged} answers made`);
  });
}

function parseFaults(text: string): readonly StandInFault[] {
  return text.split(/, */).map((name) => {
    const fault = standInFaults.find((known) => known === name);
    if (fault !== undefined) return fault;
    throw new InvalidArgumentError(`Expected any of ${standInFaults.join(", ")}.`);
  });
}
