// Speed of the log against its baselines, in one process: `npm run bench` prints the table of
// docs/benchmarks.md; with `-- --write` it writes the table there and the figures to docs/bench.json.
// `-- --only small` measures only the rows of small events (or durable, frames, reads, lookups); what is
// written then keeps the other rows.
// The packages it is measured against: `npm ci --prefix test/bench/baselines`.
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { createRandom } from "../../src/core/random.ts";
import { openLog } from "../../store/openLog.ts";
import { renderTable, writeTable, type BenchRow } from "./benchTable.ts";
import { emmettAppends, type EmmettSqlite } from "./emmettContenders.ts";
import { loadBaseline } from "./installedBaselines.ts";
import {
  appendAll,
  framePuts,
  logAppends,
  logLookUps,
  logReads,
  streamOffers,
} from "./logContenders.ts";
import { mcapAppends, mcapLookUps, messagesOf, writeMcap, type Mcap } from "./mcapContenders.ts";
import { measure, median, ratioOf, type Contender, type Speeds } from "./measure.ts";
import {
  fileAppends,
  rawInserts,
  rawScan,
  rowsOf,
  statementsOf,
  writeRows,
  type Row,
} from "./rawContenders.ts";
import { withWorkload, type Workload } from "./workload.ts";

const figures = new URL("../../docs/bench.json", import.meta.url);
const rounds = 7;
const eventCount = 20_000;
/** Two seconds of a camera: what begins a segment file counts as little as in a session. */
const frameCount = 60;
/** Single appends that each wait for the disk; enough for a tenth of a second. */
const durableCount = 1000;
const lookUpCount = 2000;
/** MCAP decodes a chunk for each message: fewer are plenty. */
const mcapLookUpCount = 50;

interface Parts extends Workload {
  /** A finished log of all events, and its rows. */
  readonly reference: { readonly path: string; readonly rows: readonly Row[] };
}

/** One line of the table for each baseline: the last contender against each of the others. */
function rowsAgainst(
  figure: string,
  speeds: readonly Speeds[],
  bars: Readonly<Record<string, number>>,
): readonly BenchRow[] {
  const subject = speeds.at(-1)!;
  return speeds.slice(0, -1).map((baseline) => ({
    figure,
    baseline: baseline.name,
    baselinePerSecond: median(baseline.perSecond),
    subject: subject.name,
    perSecond: median(subject.perSecond),
    ratio: ratioOf(subject, baseline),
    bar: bars[baseline.name] ?? null,
  }));
}

async function smallEventRows(parts: Parts, mcap?: Mcap, emmett?: EmmettSqlite) {
  const { reference, batchSize } = parts;
  const plain = rawInserts(
    parts,
    "raw prepared inserts",
    reference.rows,
    statementsOf(reference.path, { indexed: false }),
  );
  const indexed = rawInserts(
    parts,
    "raw prepared inserts, the log's indexes",
    reference.rows,
    statementsOf(reference.path, { indexed: true }),
  );
  const others: Contender[] = [];
  if (mcap !== undefined) others.push(mcapAppends(parts, mcap, messagesOf(reference.rows)));
  if (emmett !== undefined) others.push(emmettAppends(parts, emmett));
  const settings = { unitCount: eventCount, rounds };
  const subject = logAppends(parts, "log.append", { batchSize, durability: "normal" });
  const speeds = await measure([plain, indexed, ...others, subject], settings);
  const stream = streamOffers(parts, "stream.offer");
  const streamed = await measure([plain, ...others, stream], settings);
  const bars = {
    [plain.name]: 0.5,
    "@mcap/core writer, no compression": 0.5,
    "emmett-sqlite appendToStream": 5,
  };
  return [
    ...rowsAgainst("small events, batches of 100", speeds, bars),
    ...rowsAgainst("small events, through the writer's thread", streamed, bars),
  ];
}

async function durableRows(parts: Parts) {
  const some = { ...parts, events: parts.events.slice(0, durableCount) };
  const pieces = messagesOf(parts.reference.rows.slice(0, durableCount));
  const baseline = fileAppends(parts, "file append, fdatasync each", pieces, 1);
  const subject = logAppends(some, "log.append", { batchSize: 1, durability: "full" });
  const speeds = await measure([baseline, subject], { unitCount: durableCount, rounds });
  return rowsAgainst('one small event, durability "full"', speeds, { [baseline.name]: 0.5 });
}

async function frameRows(parts: Parts) {
  const { frames, framesPerSync } = parts;
  const name = `file append, fdatasync every ${framesPerSync}`;
  const baseline = fileAppends(parts, name, frames, framesPerSync);
  const inside = framePuts(parts, "blobs in the SQLite file", "inside");
  const beside = framePuts(parts, "blobs in segment files", "beside");
  const speeds = await measure([baseline, inside, beside], { unitCount: frames.length, rounds });
  return rowsAgainst("frames of 1.55 MB", speeds, { [name]: 0.6 });
}

async function readRows(parts: Parts) {
  const { path, rows } = parts.reference;
  const rawPath = parts.newPath();
  writeRows(rawPath, rows, statementsOf(path, { indexed: true }));
  const speeds = await measure([rawScan(parts, rawPath), logReads(parts, path)], {
    unitCount: eventCount,
    rounds,
  });
  return rowsAgainst("catch-up read", speeds, { "raw scan and msgpackr decode": 0.7 });
}

async function lookUpRows(parts: Parts, mcap: Mcap | undefined) {
  if (mcap === undefined) return [];
  const path = parts.newPath();
  await writeMcap(mcap, path, messagesOf(parts.reference.rows));
  const random = createRandom("bench");
  const seqs = Array.from({ length: lookUpCount }, () => random.index(eventCount));
  const few = seqs.slice(0, mcapLookUpCount);
  const [baseline] = await measure([mcapLookUps(mcap, path, few)], {
    unitCount: few.length,
    rounds,
  });
  const [subject] = await measure([logLookUps(parts, parts.reference.path, seqs)], {
    unitCount: seqs.length,
    rounds,
  });
  return rowsAgainst("random access by session and seq", [baseline!, subject!], {
    [baseline!.name]: 100,
  });
}

/** Rows of the table that is there, where this run has measured them anew. */
function withOthers(rows: readonly BenchRow[]): readonly BenchRow[] {
  const known = JSON.parse(readFileSync(figures, "utf8")) as { readonly rows: readonly BenchRow[] };
  const isSame = (one: BenchRow, other: BenchRow) =>
    one.figure === other.figure && one.baseline === other.baseline;
  return known.rows.map((row) => rows.find((measured) => isSame(measured, row)) ?? row);
}

const { values } = parseArgs({
  options: { write: { type: "boolean", default: false }, only: { type: "string" } },
});
const mcap = await loadBaseline<Mcap>("@mcap/core");
const emmett = await loadBaseline<EmmettSqlite>("@event-driven-io/emmett-sqlite");
if (mcap === undefined || emmett === undefined)
  console.error("some baselines are missing: npm ci --prefix test/bench/baselines");

await withWorkload({ eventCount, frameCount }, async (workload) => {
  const path = workload.newPath();
  const open = openLog({ path, clock: workload.clock });
  await appendAll(open, workload.events, workload.batchSize);
  await open.close();
  const parts: Parts = { ...workload, reference: { path, rows: rowsOf(path) } };
  const sections: Record<string, () => Promise<readonly BenchRow[]>> = {
    small: () => smallEventRows(parts, mcap, emmett),
    durable: () => durableRows(parts),
    frames: () => frameRows(parts),
    reads: () => readRows(parts),
    lookups: () => lookUpRows(parts, mcap),
  };
  const wanted = values.only === undefined ? Object.keys(sections) : [values.only];
  const measured: BenchRow[] = [];
  for (const name of wanted) {
    const section = sections[name];
    if (section === undefined) throw new Error(`no rows are called ${name}`);
    measured.push(...(await section()));
  }
  console.log(renderTable(measured));
  if (!values.write) return;
  const rows = values.only === undefined ? measured : withOthers(measured);
  writeFileSync(figures, `${JSON.stringify({ eventCount, rounds, rows }, null, 2)}\n`);
  writeTable("log", renderTable(rows));
});
