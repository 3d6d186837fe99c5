import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BranchRequest } from "../../../src/app/branches/branchRequest.ts";
import { makeBranch } from "../../../src/app/branches/makeBranch.ts";
import { parsePlannerChoice } from "../../../src/app/branches/plannerChoice.ts";
import { parseWorldModelSpec } from "../../../src/app/branches/worldModelChoice.ts";
import { parseJudgeSpec } from "../../../src/app/judgeSpec.ts";
import { replayFile } from "../../../src/app/replayFile.ts";
import { sessionName, type RunContext } from "../../../src/app/runContext.ts";
import { parseRunModels } from "../../../src/app/runModels.ts";
import { runStage, type StageName } from "../../../src/app/runPipeline.ts";
import type { RunSettings } from "../../../src/app/settings.ts";
import { evaluatePlanner } from "../../../src/app/stages/evaluatePlanner.ts";
import { servedWorldModel } from "../../../src/app/standIn/servedWorldModel.ts";
import { startStandIn, type StandInServer } from "../../../src/app/standIn/standInServer.ts";
import { createSystemClock } from "../../../src/core/clock.ts";
import { createGeometricJudge } from "../../../src/judging/geometricJudge.ts";
import { createMatcherPlanner } from "../../../src/planning/matcherPlanner.ts";
import { openLog, type OpenLog } from "../../../store/openLog.ts";
import { tinySettings } from "../../cli/tinySettings.ts";
import { embeddedSizes } from "./videoScene.ts";

const timeoutMs = 300_000;
const silent = { begin: () => undefined, advance: () => undefined, end: () => undefined };

let folder = "";
let open: OpenLog;
let server: StandInServer;
/** A branch of the run in process, with the models that the servers answer with. */
let here: RunSettings;
/** A tiny run, its preferences made by embedded models. */
const run: RunSettings = {
  ...tinySettings("demo", "4"),
  startsPerTask: { rope: 1, cloth: 0, toy: 1 },
  evaluation: { trialsPerTask: 1, firstSeed: 0, oracleTrialsPerTask: 0, auditedStartsPerTask: 0 },
};

const toJudge = ["collect", "train-world-model", "dream", "judge"] as const;
const faults = ["429", "truncated", "duplicateJob", "500"] as const;

const contextOf = (settings: RunSettings, inLog = open): RunContext => ({
  ...{ settings, open: inLog, outDir: folder, progress: silent, jobs: 1 },
  signal: new AbortController().signal,
});

async function runStages(
  settings: RunSettings,
  stages: readonly StageName[],
  inLog = open,
): Promise<void> {
  for (const stage of stages) await runStage(contextOf(settings, inLog), stage);
}

/** Answers with the matcher, the geometric judge and the world model that a log's run trained. */
function serve(forLog: OpenLog): Promise<StandInServer> {
  return startStandIn(
    {
      log: forLog.log,
      planner: createMatcherPlanner(),
      judge: createGeometricJudge(),
      worldModel: servedWorldModel(forLog),
    },
    { faultOf: (request) => (request % 4 === 1 ? faults[(request >> 2) % faults.length]! : null) },
  );
}

const chatOf = ({ url }: StandInServer) => `openai:${url}?model=stand-in&concurrency=2`;
const dreamsOf = ({ dreamUrl }: StandInServer) =>
  `dream-http:${dreamUrl}?form=job&pollMs=10&concurrency=2&${embeddedSizes}`;

async function branched(
  settings: RunSettings,
  name: string,
  request: BranchRequest,
  stages: readonly StageName[],
): Promise<RunSettings> {
  const branch = await makeBranch(open, settings, name, request);
  await runStages(branch, stages);
  return branch;
}

/** What a run or branch learned to prefer, as contents; sessions of the same preferences have equal ones. */
async function preferencesOf(settings: RunSettings, inLog = open): Promise<readonly string[]> {
  const session = sessionName(settings, "judge");
  const types = ["learning.preferencesPaired"];
  return (await inLog.log.read({ session, types })).map(
    ({ id, contentDigest }) => `${id.slice(id.indexOf("#"))} ${contentDigest}`,
  );
}

const replan = (planner: string): BranchRequest => ({
  kind: "replan",
  planner: parsePlannerChoice(planner),
});

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "dreamlog-loop-"));
  open = openLog({ path: join(folder, "session.sqlite"), clock: createSystemClock() });
  await runStages(run, toJudge);
  here = await branched(run, "here", replan("matcher"), toJudge);
  server = await serve(open);
}, timeoutMs);
afterAll(async () => {
  await server.close();
  await open.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("the whole loop over HTTP, against a server with faults", () => {
  it(
    "comes to the preferences that the same models come to in process, and is replayed with no server",
    async () => {
      const chat = chatOf(server);
      const planned = await branched(run, "far", replan(chat), toJudge);
      const worldModel = parseWorldModelSpec(dreamsOf(server));
      const redream: BranchRequest = { kind: "redream", worldModel };
      const dreamed = await branched(planned, "dreams", redream, ["dream", "judge"]);
      const rejudge: BranchRequest = { kind: "rejudge", judge: parseJudgeSpec(chat) };
      const judged = await branched(dreamed, "verdicts", rejudge, ["judge"]);

      expect(await preferencesOf(here)).not.toHaveLength(0);
      expect(await preferencesOf(judged)).toEqual(await preferencesOf(here));

      await server.close();
      const report = await replayFile({
        ...{ path: open.path, sessions: null, types: null, jobs: 1, progress: silent },
        signal: new AbortController().signal,
      });
      expect(report.firstDivergence).toBeNull();
      expect(report.outcome).toBe("verified");
      const replayed = new Map(report.byType.map((counts) => [counts.type, counts.verified]));
      expect(replayed.get("remote.requestComposed")).toBeGreaterThan(0);
    },
    timeoutMs,
  );
});

describe("a run begun with services", () => {
  it(
    "comes to the preferences that the same models come to in process",
    async () => {
      const far = openLog({ path: join(folder, "far.sqlite"), clock: createSystemClock() });
      const services = await serve(far);
      const chat = chatOf(services);
      const texts = { collector: chat, worldModel: dreamsOf(services), judge: chat };
      const asked: RunSettings = { ...run, models: parseRunModels(texts) };
      await runStages(asked, toJudge, far);
      expect(await preferencesOf(asked, far)).toEqual(await preferencesOf(here));
      await services.close();
      await far.close();
    },
    timeoutMs,
  );
});

describe("evaluating a planner over HTTP", () => {
  it(
    "tries it on the held-out starts, with a mean for every task",
    async () => {
      const again = await startStandIn(
        { log: open.log, planner: createMatcherPlanner(), judge: createGeometricJudge() },
        { faultOf: (request) => (request === 0 ? "500" : null) },
      );
      const { rows } = await evaluatePlanner(contextOf(run), `openai:${again.url}?model=lora`);
      await again.close();
      expect(rows.map(({ task, trials, unanswered }) => ({ task, trials, unanswered }))).toEqual(
        ["rope", "cloth", "toy"].map((task) => ({ task, trials: 1, unanswered: 0 })),
      );
      const here = await evaluatePlanner(contextOf(run), "matcher");
      expect(rows).toEqual(here.rows);
    },
    timeoutMs,
  );
});
