import { fc, test } from "@fast-check/vitest";
import type Database from "better-sqlite3";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { withRecentEvents } from "../../replay/recentEvents.ts";
import { replayLog, type ReplaySummary } from "../../replay/replayLog.ts";
import { verifyRange } from "../../replay/verifyRange.ts";
import { createLogVerifier, type LogVerifier } from "../../src/app/logVerifier.ts";
import { verifyLog } from "../../src/app/verifyLog.ts";
import type { Position } from "../../src/events/envelope.ts";
import { checkpointTrained } from "../../src/events/learning.ts";
import { tamper } from "../store/rawConnection.ts";
import { goldenCopy, openCopy } from "./goldenCopies.ts";

let golden: Awaited<ReturnType<typeof goldenCopy>>;
let sound: ReturnType<typeof openCopy>;
/** Its models are those of the sound log, so that they are loaded once. */
let verifier: LogVerifier;
let changed = "";
/** All but trainings, which need not be repeated for each changed byte. */
let types: readonly string[];
/** By a blob's digest: the first event that names it. */
const namingEvents = new Map<string, Position>();

beforeAll(async () => {
  golden = await goldenCopy("rope");
  changed = join(golden.folder, "changed.sqlite");
  sound = openCopy(golden.path);
  verifier = createLogVerifier(sound);
  const events = await sound.log.read({ limit: 10_000 });
  types = [...new Set(events.map(({ type }) => type))].filter(
    (type) => type !== checkpointTrained.type,
  );
  for (const { position, payload } of events) {
    for (const digest of JSON.stringify(payload).match(/(?<="digest":")[0-9a-f]{64}/g) ?? []) {
      if (!namingEvents.has(digest)) namingEvents.set(digest, position);
    }
  }
});

afterAll(async () => {
  await verifier.close();
  await sound.close();
  golden.remove();
});

/** Flips one bit of one cell in a copy of the log. @returns the row as it was. */
function flipBit<Row extends object>(
  { table, column, where }: { table: string; column: keyof Row & string; where: string },
  { row: pickRow, byte, bit }: Change,
): Row {
  copyFileSync(golden.path, changed);
  let row = {} as Row;
  tamper(changed, (database: Database.Database) => {
    const rows = database
      .prepare<[], Row & { place: number }>(`SELECT rowid AS place, * FROM ${table} WHERE ${where}`)
      .all();
    const picked = rows[pickRow % rows.length]!;
    row = picked;
    const bytes = Buffer.from(picked[column] as Buffer);
    bytes[byte % bytes.length]! ^= 1 << bit;
    const update = database.prepare(`UPDATE ${table} SET ${column} = ? WHERE rowid = ?`);
    update.run(bytes, picked.place);
  });
  return row;
}

interface Change {
  readonly row: number;
  readonly byte: number;
  readonly bit: number;
}
const arbitraryChange = fc.record({
  row: fc.nat({ max: 10_000 }),
  byte: fc.nat({ max: 1_000_000 }),
  bit: fc.nat({ max: 7 }),
});

/**
 * What replay makes of the changed log, and where its digests are wrong.
 *
 * @param withBlobs - with pictures and models of the changed log too.
 */
async function replayChanged(
  withBlobs: boolean,
): Promise<ReplaySummary & { readonly problems: ReturnType<typeof verifyLog>["problems"] }> {
  const open = openCopy(changed);
  const own = withBlobs ? createLogVerifier(open) : null;
  const checks = own ?? { ...verifier, log: withRecentEvents(open.log) };
  try {
    const summary = await replayLog(open.log, {
      ...{ sessions: null, types, jobs: 1 },
      verifyRange: (range) => verifyRange(checks, range),
    });
    return { ...summary, problems: verifyLog(open.tables).problems };
  } finally {
    await own?.close();
    await open.close();
  }
}

describe("one changed bit", () => {
  test.prop([arbitraryChange], { numRuns: 8 })(
    "of any payload is the first divergence, whether or not the payload can still be read",
    async (change) => {
      const where = `type <> '${checkpointTrained.type}'`;
      const cell = { table: "events", column: "payload", where } as const;
      const { position } = flipBit<{ payload: Buffer; position: Position }>(cell, change);
      const { firstDivergence, problems } = await replayChanged(false);
      expect(firstDivergence?.position).toBe(position);
      expect(problems.map((problem) => problem.position)).toContain(position);
    },
  );

  test.prop([arbitraryChange], { numRuns: 3 })(
    "of any picture, clip or weights is found at what names them, or leaves what they made unverified",
    async (change) => {
      const cell = { table: "blobs", column: "bytes", where: "bytes IS NOT NULL" } as const;
      const row = flipBit<{ bytes: Buffer; digest: Buffer; media_type: string }>(cell, change);
      const digest = row.digest.toString("hex");
      const { firstDivergence, unknownProducers, problems } = await replayChanged(true);
      expect(problems.map(({ blob }) => blob)).toContain(digest);
      if (row.media_type === "application/onnx") {
        expect(unknownProducers.map(({ reason }) => reason).join()).toContain("BLOB_CORRUPT");
      } else expect(firstDivergence?.position).toBe(namingEvents.get(digest));
    },
  );
});
