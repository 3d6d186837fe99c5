// A process that appends to one session for as long as it lives: run it with `node --import tsx`.
// Arguments: the log's path, the session, how many batches (default: without end). It resumes where
// the session stands and prints the session's event count after each acknowledged batch.
import { writeSync } from "node:fs";
import { createSystemClock } from "../../src/core/clock.ts";
import { createRandom } from "../../src/core/random.ts";
import { openLog } from "../../store/openLog.ts";
import { boxed, imported, started } from "./sampleEvents.ts";

const [path, session, batches = "Infinity"] = process.argv.slice(2);
if (path === undefined || session === undefined) throw new Error("needs a path and a session");

const open = openLog({ path, clock: createSystemClock() });
const { log, blobs } = open;
const random = createRandom(session);

const info = await log.session(session);
if (info === undefined) await log.append([started(session)]);
let count = info?.eventCount ?? 1;
writeSync(1, `${count}\n`);

for (let batch = 0; batch < Number(batches); batch++) {
  const expectedSeq = count;
  const bytes = Uint8Array.from({ length: 1 + random.index(40_000) }, (_, at) => at * count);
  const weights = await blobs.put(bytes, "application/octet-stream");
  const boxes = Array.from({ length: random.index(20) }, (_, at) =>
    boxed(session, `event ${expectedSeq + at}`, at, { causes: [1] }),
  );
  const name = `event ${expectedSeq + boxes.length}`;
  const stored = await log.append([...boxes, imported(session, name, weights)], { expectedSeq });
  count += stored.length;
  writeSync(1, `${count}\n`);
}
await open.close();
