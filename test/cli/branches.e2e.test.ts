import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RecomputedBranch } from "../../src/app/branches/makeAndRecompute.ts";
import type { BranchedSession } from "../../src/app/branches/branchSession.ts";
import type { RunComparison } from "../../src/app/compare/compareRuns.ts";
import { findRun } from "../../src/app/branches/findRun.ts";
import { makeBranch } from "../../src/app/branches/makeBranch.ts";
import { readEvents } from "../../src/app/collectedSession.ts";
import { findDreamedRun } from "../../src/app/humanVerdicts/judgedBranch.ts";
import { rateGroups, type RaterDesk, type RaterReply } from "../../src/app/humanVerdicts/rateGroups.ts"; // prettier-ignore
import { silentProgress } from "../../src/app/progress.ts";
import type { ReplayReport } from "../../src/app/replayFile.ts";
import { trainedPlanner } from "../../src/app/stages/orpo.ts";
import { verifyLog } from "../../src/app/verifyLog.ts";
import { runCli } from "../../src/cli/runCli.ts";
import { createSystemClock, ManualClock } from "../../src/core/clock.ts";
import { methodEvaluated } from "../../src/events/evaluation.ts";
import type { PayloadOf } from "../../src/events/eventDefinition.ts";
import { judgementFailed, verdictGiven } from "../../src/events/judging.ts";
import { checkpointTrained, preferencesPaired } from "../../src/events/learning.ts";
import { parseRanking } from "../../src/judging/human/ranking.ts";
import { copySessions } from "../../store/copySessions.ts";
import { openLog, type OpenLog } from "../../store/openLog.ts";
import { rewriteLog } from "../replay/goldenCopies.ts";
import { captureOutput } from "./captureOutput.ts";
import { spawnDreamlog } from "./spawnDreamlog.ts";
import { tinySettings } from "./tinySettings.ts";

const runTimeoutMs = 300_000;

let folder = "";
/** Log of a tiny run that every test copies before it branches it. */
let run = "";
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "dreamlog-branches-"));
  const ended = await spawnDreamlog("run", "--seed", "4", "--out", folder, "--jobs", "2").ended;
  expect(ended.code, ended.stderr).toBe(0);
  run = join(folder, "session.sqlite");
}, runTimeoutMs);
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function copyOfRun(name: string): string {
  const path = join(folder, name);
  copyFileSync(run, path);
  return path;
}

async function withLog<Result>(path: string, use: (open: OpenLog) => Promise<Result>) {
  const open = openLog({ path, clock: createSystemClock() });
  try {
    return await use(open);
  } finally {
    await open.close();
  }
}

async function dreamlog(...words: string[]) {
  try {
    const { result, stdout, stderr } = await captureOutput(() => runCli(words));
    return { exitCode: result, stdout, stderr };
  } finally {
    // A replay that finds something says so by the exit code of the process, which is this one.
    process.exitCode = undefined;
  }
}

async function json<Result>(...words: string[]): Promise<Result> {
  const { stdout, stderr, exitCode } = await dreamlog(...words, "--json");
  expect(exitCode, stderr).toBe(0);
  return JSON.parse(stdout) as Result;
}

async function headsOfRun(path: string): Promise<ReadonlyMap<string, string>> {
  return withLog(path, async ({ log }) => {
    const sessions = await log.sessions("seed-4/");
    return new Map(sessions.map(({ id, head }) => [id, head]));
  });
}

async function trainedWeights(path: string, session: string): Promise<string> {
  return withLog(path, async ({ log }) => {
    const { payload } = (await readEvents(log, session)).get("checkpoint", checkpointTrained);
    return payload.weights.digest;
  });
}

describe("a run judged again by another judge", () => {
  it(
    "recomputes verdicts and what follows, dreams nothing anew, and leaves the run as it was",
    async () => {
      const path = copyOfRun("rejudged.sqlite");
      const before = await headsOfRun(path);

      const argv = ["rejudge", path, "--judge", "random", "--name", "coin", "--jobs", "1"];
      const made = await json<RecomputedBranch & { head: string }>(...argv);

      expect(made.branch).toBe("seed-4+coin");
      const types = made.work.computed.map(({ type }) => type);
      expect(types).toContain("judge.verdictGiven");
      expect(types).toContain("learning.checkpointTrained");
      expect(types).not.toContain("dreaming.dreamImagined");
      expect(made.work.reusedCount).toBeGreaterThan(0);
      expect(await headsOfRun(path)).toEqual(before);
      expect(await withLog(path, ({ tables }) => Promise.resolve(verifyLog(tables).problems))).toEqual([]); // prettier-ignore

      const again = await json<RecomputedBranch & { head: string }>(...argv);
      expect(again).toMatchObject({ head: made.head, work: made.work });

      const compared = await json<RunComparison>("compare", `${path}@seed-4`, "@seed-4+coin");
      expect(compared.verdicts).toMatchObject({ groups: 4, incomparable: 0 });
      const methods = new Set(compared.scores.map(({ method }) => method));
      expect([...methods].sort()).toEqual(["dreamplanEq5", "orpo", "verificationN4", "verificationN8"]); // prettier-ignore
    },
    runTimeoutMs,
  );
});

describe("a run judged again by people, at a terminal and on a sheet", () => {
  const rater = "ana";
  const branch = `seed-4+judge-human:rater=${rater}`;

  /** Ranks the first group at the terminal and what is left on a sheet, one group as "cannot tell". */
  async function answersOfAna(path: string): Promise<void> {
    const sheet = join(folder, "sheet");
    await json("export", "verdict-sheet", path, "--to", sheet);
    const [head, ...rows] = readFileSync(join(sheet, "verdicts.csv"), "utf8").trim().split("\n");
    const atTerminal = await withLog(path, async (open) => {
      const { settings } = await findDreamedRun(open.log);
      const replies: RaterReply[] = [{ kind: "ranked", tiers: parseRanking("C > A > B", 3) }];
      const asked: string[] = [];
      const desk: RaterDesk = {
        ask({ name }) {
          asked.push(name);
          return Promise.resolve(replies.shift() ?? { kind: "quit" });
        },
        refuseUndo: () => undefined,
        askForEnd: () => Promise.resolve(false),
      };
      const { signal } = new AbortController();
      await rateGroups({ open, signal }, settings, { rater, desk, clock: new ManualClock(0) });
      return asked[0]!;
    });
    const rankings = ["B > A > C", "?", "A = C > B"];
    const left = rows.filter((row) => !row.includes(atTerminal));
    const filled = left.map((row, at) => row.replace(/,,$/, `,${rater},${rankings[at]!}`));
    const file = join(sheet, "filled.csv");
    writeFileSync(file, [head, ...filled, ""].join("\n"));
    expect(await json("import", "verdicts", file, "--to", path)).toMatchObject({ added: 3 });
  }

  /** The log, one event forged and every digest consistent with that, replayed. */
  async function replayForged<Payload>(
    path: string,
    only: string,
    forge: { readonly type: string; readonly payload: (was: Payload) => Payload },
  ) {
    const target = join(folder, `forged-${only}.sqlite`);
    let forgedId = "";
    await withLog(path, (from) =>
      withLog(target, (to) =>
        rewriteLog(from, to, (event) => {
          const isPicked = event.type === forge.type && event.session.startsWith(branch);
          if (!isPicked || forgedId !== "") return {};
          forgedId = event.id;
          return { payload: forge.payload(event.payload as Payload) };
        }),
      ),
    );
    const { exitCode, stdout } = await dreamlog("replay", target, "--only", only, "--jobs", "1", "--json"); // prettier-ignore
    const { firstDivergence, digests } = JSON.parse(stdout) as ReplayReport;
    expect({ exitCode, isSound: digests.isSound }).toEqual({ exitCode: 1, isSound: true });
    expect(firstDivergence?.id).toBe(forgedId);
    return firstDivergence;
  }

  it(
    "replays from their answers to the scores of what was trained on them, and a forged verdict or preference is found",
    async () => {
      const path = copyOfRun("people.sqlite");
      await answersOfAna(path);
      const made = await json<RecomputedBranch>("rejudge", path, "--judge", `human:rater=${rater}`, "--jobs", "1"); // prettier-ignore
      expect(made.branch).toBe(branch);
      const computed = Object.fromEntries(made.work.computed.map(({ type, count }) => [type, count])); // prettier-ignore
      expect(computed).toMatchObject({
        [verdictGiven.type]: 3,
        [judgementFailed.type]: 1,
        [preferencesPaired.type]: 3,
        [checkpointTrained.type]: 2,
      });
      expect(computed).toHaveProperty(methodEvaluated.type);

      const { exitCode, stdout } = await dreamlog("replay", path, "--jobs", "2", "--json");
      const report = JSON.parse(stdout) as ReplayReport;
      expect({ exitCode, ...report }).toMatchObject({
        exitCode: 0,
        outcome: "verified",
        unknownProducers: [],
      });
      const verified = Object.fromEntries(report.byType.map((each) => [each.type, each.verified]));
      expect(verified).toMatchObject({ [judgementFailed.type]: 1, [checkpointTrained.type]: 5 });

      const pair = await replayForged<PayloadOf<typeof preferencesPaired>>(path, "pairs", {
        type: preferencesPaired.type,
        payload: ({ positive, negatives: [first, ...rest], ...others }) => ({
          ...others,
          positive: first!,
          negatives: [positive, ...rest],
        }),
      });
      expect(pair?.field).toMatch(/^positive\./);
      const verdict = await replayForged<PayloadOf<typeof verdictGiven>>(path, "verdict", {
        type: verdictGiven.type,
        payload: (was) => ({ ...was, best: was.ranking[1]! }),
      });
      expect(verdict?.field).toBe("best");
    },
    runTimeoutMs,
  );
});

describe("a planner trained again", () => {
  it(
    "with unchanged settings gets the same weights, in a log that never held them",
    async () => {
      const path = join(folder, "untrained.sqlite");
      await withLog(run, (source) =>
        withLog(path, async (target) => {
          const sessions = (await source.log.sessions()).map(({ id }) => id);
          const above = sessions.filter((id) => !/^seed-4\/(orpo|evaluate)\//.test(id));
          copySessions({ source: source.tables, target: target.tables, sessions: above });
        }),
      );

      const argv = ["orpo", "--seed", "4", "--log", path, "--out", folder];
      const { result } = await captureOutput(() => runCli(argv, tinySettings));

      expect(result).toBe(0);
      for (const loss of ["orpo", "dreamplanEq5"]) {
        const session = `seed-4/orpo/${loss}`;
        expect(await trainedWeights(path, session)).toBe(await trainedWeights(run, session));
      }
    },
    runTimeoutMs,
  );

  it(
    "with unchanged settings computes no weights where the log holds them",
    async () => {
      const path = copyOfRun("retrained.sqlite");
      const made = await json<RecomputedBranch>("retrain", path, "--jobs", "1");
      expect(made.work.computed.map(({ type }) => type)).not.toContain(
        "learning.checkpointTrained",
      );
      expect(await trainedWeights(path, `${made.branch}/orpo/orpo`)).toBe(
        await trainedWeights(run, "seed-4/orpo/orpo"),
      );
    },
    runTimeoutMs,
  );

  it(
    "up to a position gets the weights that a log ending there gives",
    async () => {
      const pairs = await withLog(run, ({ log }) => log.read({ session: "seed-4/judge", types: [preferencesPaired.type] })); // prettier-ignore
      const uptoPosition = pairs[1]!.position;
      const { signal } = new AbortController();
      const working = { outDir: folder, progress: silentProgress, signal, jobs: 1 };

      const path = copyOfRun("later.sqlite");
      const { settings } = await withLog(path, ({ log }) => findRun(log));
      const shortened = await withLog(path, async (open) => {
        const request = { kind: "retrain", loss: "orpo", uptoPosition } as const;
        const branched = await makeBranch(open, settings, "early", request);
        return trainedPlanner({ ...working, open, settings: branched }, "orpo");
      });
      const early = join(folder, "early.sqlite");
      await withLog(run, (from) => withLog(early, (to) => rewriteLog(from, to, () => ({}), uptoPosition))); // prettier-ignore
      const alone = await withLog(early, (open) =>
        trainedPlanner({ ...working, open, settings }, "orpo"),
      );

      expect(pairs.length).toBeGreaterThan(2);
      expect(shortened.payload.weights.digest).toBe(alone.payload.weights.digest);
      expect(shortened.payload.weights.digest).not.toBe(
        await trainedWeights(run, "seed-4/orpo/orpo"),
      );
    },
    runTimeoutMs,
  );

  it("learns from nothing after the position it is told", async () => {
    const path = copyOfRun("upto.sqlite");
    const none = await dreamlog("retrain", path, "--upto", "10");
    expect(none.exitCode).toBe(1);
    expect(none.stderr).toMatch(/STAGE_INCOMPLETE.*up to position 10/);
    const beyond = await dreamlog("retrain", path, "--upto", "999999");
    expect(beyond.stderr).toMatch(/ARGUMENT_INVALID: expected a position from 1 to \d+/);
  });
});

describe("a session branched at an observation", () => {
  const collected = "seed-4/collect/rope/00000";

  it(
    "goes on in the simulator for several primitives, and ends alike when it is asked again",
    async () => {
      const path = copyOfRun("simulated.sqlite");
      const argv = ["branch", path, `${collected}@8`, "--planner", "matcher", "--steps", "2"];
      const made = await json<BranchedSession & { head: string }>(...argv);

      expect(made.steps).toHaveLength(2);
      for (const { score, distanceM } of made.steps) {
        expect([0, 0.5, 1]).toContain(score);
        expect(distanceM).toBeGreaterThanOrEqual(0);
      }
      const parents = await withLog(
        path,
        async ({ log }) =>
        Promise.all([1, 2].map(async (step) => (await log.session(`${made.branch}/${step}`))?.parent)), // prettier-ignore
      );
      expect(parents.map((parent) => parent?.session)).toEqual([collected, `${made.branch}/1`]);
      expect(await json(...argv)).toEqual(made);
    },
    runTimeoutMs,
  );

  it(
    "goes on in a dream, in a branch of that, and not from there in the simulator",
    async () => {
      const path = copyOfRun("dreamed.sqlite");
      const dream = ["--env", "world-model", "--planner", "matcher"];
      const made = await json<BranchedSession>("branch", path, `${collected}@13`, ...dream);
      expect(made.steps).toHaveLength(1);
      expect(made.steps[0]).toMatchObject({ score: null });

      const first = `${made.branch}/1`;
      const last = await withLog(path, async ({ log }) => {
        const [crop] = (await log.read({ session: first, types: ["perception.cropTaken"] })).slice(-1); // prettier-ignore
        return `${first}@${crop?.seq}`;
      });
      const deeper = await json<BranchedSession>("branch", path, last, ...dream, "--steps", "2");
      expect(deeper.branch.startsWith(first)).toBe(true);
      expect(deeper.steps).toHaveLength(2);

      const { exitCode, stderr } = await dreamlog("branch", path, last, "--env", "sim");
      expect(exitCode).toBe(1);
      expect(stderr).toContain("STATE_UNREACHABLE");

      const tree = (await dreamlog("log", "ls", path, collected, "--tree")).stdout;
      expect(tree).toMatch(/^seed-4\/collect\/rope\/00000 .*\n {2}…~world-model-matcher-13\/1 /m);
      const replayed = await dreamlog("replay", path, `${deeper.branch}/2`, "--jobs", "1");
      expect(replayed.exitCode, replayed.stdout).toBe(0);
    },
    runTimeoutMs,
  );

  it("tells which observations there are when it is asked to go on from none", async () => {
    const { exitCode, stderr } = await dreamlog("branch", run, `${collected}@0`);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/NO_OBSERVATION.*at seq 8, 13, /);
  });
});

describe("asking for what is not there", () => {
  it.each([
    ["an unknown judge", ["rejudge", "--judge", "gpt"], /ARGUMENT_INVALID: judge "gpt"/],
    [
      "a missing planner file",
      ["replan", "--planner", "file:path=none.onnx"],
      /CHECKPOINT_INVALID.*none\.onnx/,
    ],
    [
      "a missing world model file",
      ["redream", "--world-model", "file:path=none.onnx"],
      /CHECKPOINT_INVALID/,
    ],
    [
      "an unknown run",
      ["rejudge", "--judge", "random", "--run", "seed-5"],
      /SESSION_UNKNOWN.*it holds seed-4/,
    ],
    ["more candidates than there are", ["retrain", "--k", "9"], /expected K from 2 to 3/],
    [
      "a name that is none",
      ["rejudge", "--judge", "random", "--name", "a/b"],
      /expected a branch name/,
    ],
  ] as const)("%s is a typed error, and no branch is made", async (_what, argv, message) => {
    const [command, ...options] = argv;
    const before = await headsOfRun(run);
    const { exitCode, stderr } = await dreamlog(command, run, ...options);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(message);
    expect(await headsOfRun(run)).toEqual(before);
    expect(await withLog(run, ({ log }) => log.sessions("seed-4+"))).toEqual([]);
  });
});
