import { InvalidArgumentError, type Command } from "commander";
import { standInFaults, type StandInFault } from "../../app/standIn/standInServer.ts";
import { parseCount } from "../runOptions.ts";
import { withLog } from "../withLog.ts";

interface StandInOptions {
  readonly port: number;
  readonly faults?: readonly StandInFault[];
  readonly every: number;
}

/** `dreamlog stand-in`: the HTTP APIs of the big models, answered by the embedded ones. */
export function configureStandIn(command: Command): void {
  command
    .argument("<log>", "the log whose pictures it is asked about")
    .option("--port <number>", "on this machine only", parseCount, 8009)
    .option("--faults <list>", `go wrong by turns: ${standInFaults.join(",")}`, parseFaults)
    .option("--every <count>", "one request in so many goes wrong", parseCount, 5)
    .addHelpText(
      "after",
      "\nExample:\n  dreamlog stand-in demo.sqlite --faults 429,truncated --every 3 &\n  dreamlog evaluate --seed 0 --log demo.sqlite \\\n    --planner 'openai:http://127.0.0.1:8009/v1?model=stand-in'",
    )
    .action((log: string, options: StandInOptions) => serve(log, options));
}

function serve(path: string, { port, faults = [], every }: StandInOptions): Promise<void> {
  return withLog(path, async ({ log }) => {
    const { startStandIn } = await import("../../app/standIn/standInServer.ts");
    const { createMatcherPlanner } = await import("../../planning/matcherPlanner.ts");
    const { createGeometricJudge } = await import("../../judging/geometricJudge.ts");
    const server = await startStandIn(
      { log, planner: createMatcherPlanner(), judge: createGeometricJudge() },
      {
        port,
        faultOf: (request) =>
          faults.length > 0 && request % every === every - 1
            ? faults[Math.floor(request / every) % faults.length]!
            : null,
      },
    );
    console.log(`serving ${server.url}; Ctrl-C ends it`);
    await new Promise<void>((resolve) => {
      for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, resolve);
    });
    const { received, charged } = server.counts();
    await server.close();
    console.log(`${received} requests, ${charged} answers`);
  });
}

function parseFaults(text: string): readonly StandInFault[] {
  return text.split(",").map((name) => {
    const fault = standInFaults.find((known) => known === name);
    if (fault !== undefined) return fault;
    throw new InvalidArgumentError(`Expected any of ${standInFaults.join(", ")}.`);
  });
}
