// Where the time of a small event goes: `npx tsx test/bench/appendParts.bench.ts [--write]` times the
// parts of an append one by one, and the append itself, over the events of the log's benchmark.
import { parseArgs } from "node:util";
import { digestBytes, type Digest } from "../../src/core/digest.ts";
import { createStopwatch } from "../../src/core/clock.ts";
import { contentDigestOf, encodePayload } from "../../src/events/codec.ts";
import type { NewEvent } from "../../src/events/envelope.ts";
import { parsePayload } from "../../src/events/eventDefinition.ts";
import { eventDefinition } from "../../src/events/registry.ts";
import { blobsNamedIn } from "../../store/blobsNamedIn.ts";
import { genesisDigest } from "../../store/chainDigest.ts";
import { ChainDigester } from "../../store/chainDigester.ts";
import { encodePack } from "../../store/eventPack.ts";
import { runsOf } from "../../store/idRuns.ts";
import type { EventRow } from "../../store/logTables.ts";
import { openLog } from "../../store/openLog.ts";
import { requireValidEvent } from "../../store/requireValidEvent.ts";
import { packEvents } from "../../store/sqliteEvents.ts";
import { tableOf, writeTable } from "./benchTable.ts";
import { appendAll } from "./logContenders.ts";
import { median } from "./measure.ts";
import { withWorkload, type Workload } from "./workload.ts";

const eventCount = 20_000;
const rounds = 15;

/** One part: what it does, over all events. */
type Part = readonly [name: string, work: () => void];

function partsOf(events: readonly NewEvent[]): readonly Part[] {
  const payloads = events.map(({ payload }) => new Uint8Array(encodePayload(payload)));
  const digests = payloads.map((bytes) => digestBytes(bytes));
  const rows = events.map((event, at) => rowOf(event, at, payloads[at]!, digests[at]!));
  const packs = Array.from({ length: Math.ceil(rows.length / packEvents) }, (_, pack) =>
    rows.slice(pack * packEvents, (pack + 1) * packEvents),
  );
  const links = events.map(({ id, type, version, kind, sourceTimeUs, seed, key }, seq) => ({
    previous: digests[seq - 1] ?? genesisDigest,
    session: "bench",
    seq,
    id,
    type,
    version,
    kind,
    sourceTimeUs,
    logTimeUs: 1,
    producer: genesisDigest,
    seed,
    key,
    payload: digests[seq]!,
    content: digests[seq]!,
    causes: [],
  }));
  const chain = new ChainDigester();
  return [
    [
      "envelope and payload held against their schemas",
      () => {
        for (const event of events) {
          requireValidEvent(event);
          parsePayload(eventDefinition(event.type), event.payload, event.version);
        }
      },
    ],
    ["payload to msgpack", () => events.forEach(({ payload }) => encodePayload(payload))],
    ["SHA-256 of the payload", () => payloads.forEach((bytes) => digestBytes(bytes))],
    [
      "looks for media and blobs in the payload",
      () => {
        for (const [at, { payload }] of events.entries()) {
          contentDigestOf(payload, payloads[at]!, digests[at]);
          blobsNamedIn(payload);
        }
      },
    ],
    [
      "text and SHA-256 of the chain",
      () => {
        for (const link of links) chain.digestOf(link);
      },
    ],
    [
      "packing, ids included",
      () => {
        for (const pack of packs) {
          encodePack(pack);
          runsOf(pack.map(({ id }) => id));
        }
      },
    ],
  ];
}

function rowOf(event: NewEvent, at: number, payload: Uint8Array, digest: Digest): EventRow {
  const { id, type, version, kind, sourceTimeUs, causes, seed, key } = event;
  const digests = { contentDigest: digest, chainDigest: digest };
  const place = { position: at + 1, session: 1, seq: at, producer: 1, logTimeUs: 1 };
  return {
    id,
    type,
    version,
    kind,
    sourceTimeUs,
    causes,
    seed,
    key,
    payload,
    ...place,
    ...digests,
  };
}

/** Microseconds an event: median over the rounds. */
async function timed(work: () => Promise<void> | void): Promise<number> {
  const seconds: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const watch = createStopwatch();
    await work();
    seconds.push(watch.seconds());
  }
  return (median(seconds) * 1e6) / eventCount;
}

/** The whole append, in batches, into a new log each round. */
async function appendUs({ events, batchSize, clock, newPath, remove }: Workload): Promise<number> {
  const seconds: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const path = newPath();
    const open = openLog({ path, clock });
    const watch = createStopwatch();
    await appendAll(open, events, batchSize);
    seconds.push(watch.seconds());
    await open.close();
    remove(path);
  }
  return (median(seconds) * 1e6) / eventCount;
}

const { values } = parseArgs({ options: { write: { type: "boolean", default: false } } });
await withWorkload({ eventCount, frameCount: 0 }, async (workload) => {
  const parts: (readonly [string, number])[] = [];
  for (const [name, work] of partsOf(workload.events)) parts.push([name, await timed(work)]);
  const whole = await appendUs(workload);
  const rest = whole - parts.reduce((sum, [, us]) => sum + us, 0);
  const lines = [
    ...parts,
    ["SQLite, and what joins the parts", rest],
    ["an append", whole],
  ] as const;
  const table = tableOf(
    ["part", "µs an event"],
    lines.map(([name, us]) => [name, us.toFixed(1)]),
  );
  console.log(table);
  if (values.write) writeTable("parts", table);
});
