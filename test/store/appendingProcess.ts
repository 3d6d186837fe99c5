// A process that appends to one session for as long as it lives: run it with `node --import tsx`.
// Arguments: the log's path, the session, how many batches (default: without end), and `thread` to
// write through the writer's thread with large blobs beside the log. It resumes where the session
// stands and prints the session's event count after each acknowledged batch.
import { writeSync } from "node:fs";
import { createSystemClock } from "../../src/core/clock.ts";
import { createRandom } from "../../src/core/random.ts";
import { openLogWriter } from "../../store/logWriter.ts";
import { largeBlobBytes, openLog } from "../../store/openLog.ts";
import { boxed, imported, started } from "./sampleEvents.ts";

const [path, session, batches = "Infinity", mode = "direct"] = process.argv.slice(2);
if (path === undefined || session === undefined) throw new Error("needs a path and a session");

const clock = createSystemClock();
const isThreaded = mode === "thread";
const open = isThreaded
  ? await openLogWriter({ path, clock, largeBlobs: "beside" })
  : openLog({ path, clock });
const { log, blobs } = open;
const random = createRandom(session);
/** Every other blob of a threaded run is one that goes to a segment file. */
const maxBlobBytes = isThreaded ? 2 * largeBlobBytes : 40_000;

const info = await log.session(session);
if (info === undefined) await log.append([started(session)]);
let count = info?.eventCount ?? 1;
tell(count);

for (let batch = 0; batch < Number(batches); batch++) {
  const expectedSeq = count;
  const bytes = new Uint8Array(1 + random.index(maxBlobBytes)).fill(count);
  const weights = await blobs.put(bytes, "application/octet-stream");
  // Facts without causes are packed, where there are enough of them; the others are rows.
  const rest = batch % 2 === 0 ? { causes: [1] } : {};
  const boxes = Array.from({ length: random.index(batch % 2 === 0 ? 20 : 80) }, (_, at) =>
    boxed(session, `event ${expectedSeq + at}`, at, rest),
  );
  const name = `event ${expectedSeq + boxes.length}`;
  const stored = await log.append([...boxes, imported(session, name, weights)], { expectedSeq });
  count += stored.length;
  tell(count);
}
await open.close();

/** Waits for a reader that is busy: the pipe holds only so much. */
function tell(acknowledged: number): void {
  for (;;) {
    try {
      writeSync(1, `${acknowledged}\n`);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
    }
  }
}
