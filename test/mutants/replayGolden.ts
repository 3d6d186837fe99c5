import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { copyGoldenLog } from "../../fixtures/goldenLogs.ts";
import { replayHere } from "../../src/app/logVerifier.ts";
import { tasks } from "../../src/core/cell.ts";
import { createSystemClock } from "../../src/core/clock.ts";
import { openLog } from "../../store/openLog.ts";

// Replays one task's golden session and prints where it first differs, or null; see runMutants.ts.
const task = tasks.find((known) => known === process.argv[2]);
if (task === undefined) throw new Error(`expected a task of ${tasks.join(", ")}`);
const folder = mkdtempSync(join(tmpdir(), "dreamlog-mutant-"));
try {
  const path = join(folder, "golden.sqlite");
  await copyGoldenLog(task, path);
  const open = openLog({ path, clock: createSystemClock(), mode: "readonly" });
  const { firstDivergence, unknownProducers } = await replayHere(open);
  await open.close();
  const unknown = unknownProducers[0];
  console.log(
    JSON.stringify(
      firstDivergence === null
        ? ((unknown && { type: unknown.component, field: unknown.reason }) ?? null)
        : { type: firstDivergence.type, field: firstDivergence.field },
    ),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
