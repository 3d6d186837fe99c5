import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { planRanges } from "../../replay/planRanges.ts";
import { replayLog, type ReplaySummary } from "../../replay/replayLog.ts";
import { addCounts, nothingReplayed } from "../../replay/replayReport.ts";
import { verifyRange, type ReplayRange } from "../../replay/verifyRange.ts";
import { isDreamlogError } from "../../src/core/errors.ts";
import type { EventLog } from "../../src/ports/eventLog.ts";
import type { OpenLog } from "../../store/openLog.ts";
import { arbitraryGraph, graphVerifier, logOf, type Node } from "./syntheticGraphs.ts";

const everything = { sessions: null, types: null };

function replay(open: OpenLog, jobs = 1): Promise<ReplaySummary> {
  const verifier = graphVerifier(open);
  return replayLog(open.log, {
    ...everything,
    jobs,
    verifyRange: (range) => verifyRange(verifier, range),
  });
}

const factCount = 3;
const positionOf = (node: number) => factCount + 1 + node;
const forgedIn = (graph: readonly Node[]) =>
  graph.flatMap(({ isForged }, at) => (isForged ? [positionOf(at)] : []));

function downstreamOf(graph: readonly Node[]): number {
  const isReached: boolean[] = [];
  for (const [at, { causes }] of graph.entries()) {
    isReached[at] = causes.some((cause) => graph[cause]!.isForged || isReached[cause] === true);
  }
  return graph.filter(({ isForged }, at) => isReached[at] === true && !isForged).length;
}

describe("the ranges of a log", () => {
  test.prop([
    arbitraryGraph,
    fc.uniqueArray(fc.nat({ max: 11 }), { maxLength: 4 }),
    fc.boolean(),
    fc.integer({ min: 1, max: 3 }),
  ])(
    "hold every event once, those that take long alone and first",
    async (graph, picks, isSplit, jobs) => {
      const { log } = await logOf(graph);
      const long = new Set(picks.map((pick) => positionOf(pick % graph.length)));
      const reading: Pick<EventLog, "read"> = {
        // Says that the picked ones are of the type that takes long.
        read: async (query) => (await log.read({})).filter(({ position }) => query.types === undefined || long.has(position)), // prettier-ignore
      };
      const sessions = isSplit ? ["s0", "s1"] : null;
      const ranges = await planRanges({ ...log, ...reading }, { sessions, types: null, longTypes: ["long"] }, jobs); // prettier-ignore
      const held: number[] = [];
      for (const { session, afterPosition, uptoPosition } of ranges) {
        const own = await log.read({ afterPosition, uptoPosition });
        const positions = own.filter((event) => session === null || event.session === session);
        held.push(...positions.map(({ position }) => position));
      }
      expect(new Set(held.slice(0, long.size))).toEqual(long);
      const all = await log.read({});
      expect(held.toSorted((a, b) => a - b)).toEqual(all.map(({ position }) => position));
    },
  );
});

describe("replaying a log", () => {
  test.prop([arbitraryGraph])(
    "finds every forged event, though its digests and keys are consistent, and no other",
    async (graph) => {
      const { diverged, byType, downstream } = await replay(await logOf(graph));
      expect(diverged).toEqual(forgedIn(graph));
      expect(byType[0]!.verified).toBe(graph.length - diverged.length);
      expect(downstream).toBe(downstreamOf(graph));
    },
  );

  test.prop([arbitraryGraph])(
    "names the first divergence in topological order, always",
    async (graph) => {
      const { firstDivergence } = await replay(await logOf(graph));
      const first = forgedIn(graph)[0];
      expect(firstDivergence?.position).toBe(first);
      if (first === undefined) return;
      expect(firstDivergence).toMatchObject({ field: "reason", found: expect.any(String) as string, expected: '"forged"' }); // prettier-ignore
    },
  );

  test.prop([
    arbitraryGraph,
    fc.integer({ min: 2, max: 5 }),
    fc.infiniteStream(fc.nat({ max: 3 })),
  ])(
    "gives the same report whatever the number of jobs and the order in which they finish",
    async (graph, jobs, delays) => {
      const open = await logOf(graph);
      const inOrder = await replay(open);
      const verifier = graphVerifier(open);
      const outOfOrder = await replayLog(open.log, {
        ...everything,
        jobs,
        async verifyRange(range) {
          const verifyLate = async (each: ReplayRange) => {
            const turns = delays.next().value as number;
            for (let turn = 0; turn < turns; turn++) await Promise.resolve();
            return verifyRange(verifier, each);
          };
          const parts = await Promise.all(singly(range).map(verifyLate));
          return parts.reverse().reduce(addCounts, nothingReplayed);
        },
      });
      expect(outOfOrder).toEqual(inOrder);
    },
  );

  test.prop([arbitraryGraph])(
    "comes to the same for all sessions as for each of them added up",
    async (graph) => {
      const open = await logOf(graph);
      const verifier = graphVerifier(open);
      const of = (sessions: readonly string[]) =>
      replayLog(open.log, { sessions, types: null, jobs: 1, verifyRange: (range) => verifyRange(verifier, range) }); // prettier-ignore
      const parts = await Promise.all([of(["s0"]), of(["s1"])]);
      const whole = await of(["s1", "s0"]);
      expect(parts.reduce(addCountsOfSummaries)).toMatchObject(countsOf(whole));
      expect(countsOf(whole)).toEqual(countsOf(await replay(open)));
    },
  );

  it("says interrupted, and nothing else, once it is asked to stop", async () => {
    const open = await logOf([{ causes: [], isForged: false, session: 0 }]);
    const signal = AbortSignal.abort();
    const verifyNothing = () => Promise.resolve(nothingReplayed);
    const replayed = replayLog(open.log, {
      ...everything,
      jobs: 1,
      signal,
      verifyRange: verifyNothing,
    });
    await expect(replayed).rejects.toSatisfy((error) => isDreamlogError(error, "INTERRUPTED"));
  });

  it("names a producer that is not to be had here, and does not pass its events", async () => {
    const open = await logOf([{ causes: [], isForged: false, session: 0 }]);
    const verifier = { ...graphVerifier(open), ruleOf: () => undefined };
    const { byType, unknownProducers, diverged } = await replayLog(open.log, {
      ...{ ...everything, jobs: 1 },
      verifyRange: (range) => verifyRange(verifier, range),
    });
    expect(diverged).toEqual([]);
    expect(byType[0]).toMatchObject({ verified: 0, unverifiable: 1 });
    expect(unknownProducers).toEqual([
      { component: "test.digest", version: 1, reason: "this program has no such component", events: 1, firstPosition: 4 }, // prettier-ignore
    ]);
  });
});

/** The same range in pieces of one position. */
function singly({ afterPosition, uptoPosition, ...range }: ReplayRange): readonly ReplayRange[] {
  return Array.from({ length: uptoPosition - afterPosition }, (_, at) => ({
    ...range,
    afterPosition: afterPosition + at,
    uptoPosition: afterPosition + at + 1,
  }));
}

function countsOf({ downstream: _downstream, ...counts }: ReplaySummary) {
  return counts;
}

function addCountsOfSummaries(a: ReplaySummary, b: ReplaySummary): ReplaySummary {
  return { ...addCounts(a, b), downstream: a.downstream + b.downstream };
}
