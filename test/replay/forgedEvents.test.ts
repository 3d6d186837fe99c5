import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verifyEvent } from "../../replay/verifyEvent.ts";
import { createLogVerifier, replayHere } from "../../src/app/logVerifier.ts";
import { isMediaRef } from "../../replay/contentDifference.ts";
import type { StoredEvent } from "../../src/events/envelope.ts";
import type { MediaRef } from "../../src/events/media.ts";
import type { OpenLog } from "../../store/openLog.ts";
import { forged, forgeriesOf } from "./forgery.ts";
import { goldenCopy, openCopy, rewritten } from "./goldenCopies.ts";

let golden: Awaited<ReturnType<typeof goldenCopy>>;
let original: OpenLog;
let derived: readonly StoredEvent[];

beforeAll(async () => {
  golden = await goldenCopy("rope");
  original = openCopy(golden.path);
  const events = await original.log.read({ limit: 10_000 });
  derived = events.filter(({ kind }) => kind === "derived");
});

afterAll(async () => {
  await original.close();
  golden.remove();
});

/** Training is not repeated for each way to forge its result. */
const isQuick = ({ type }: StoredEvent) => type !== "learning.checkpointTrained";

describe("a forged event whose digests are consistent", () => {
  it("is found by recomputing it, and the forged field named, whatever its type", async () => {
    const pictures = derived.flatMap(({ payload }) => Object.values(payload as object).filter(isMediaRef)); // prettier-ignore
    const verifier = createLogVerifier(original);
    const types = new Map(derived.filter(isQuick).map((event) => [event.type, event]));
    for (const event of types.values()) {
      const ways = forgeriesOf(event.payload, pictures);
      expect([event.type, ways.length > 0]).toEqual([event.type, true]);
      for (const way of ways) {
        const { outcome, divergence } = await verifyEvent(verifier, forged(event, way));
        expect([event.type, way.field, outcome]).toEqual([event.type, way.field, "diverged"]);
        expect(divergence).toMatchObject({ position: event.position, field: way.field });
      }
    }
    await verifier.close();
    expect(types.size).toBeGreaterThanOrEqual(14);
  });

  it("is the first divergence, and what derives from it is told apart", async () => {
    const mask = derived.find(({ id }) => id === "golden/rope#start/mask")!;
    const log = await rewritten(original, (event) =>
      event.position === mask.position
        ? { payload: forgeriesOf(event.payload, [])[0]!.payload }
        : {},
    );
    const types = ["perception.maskSegmented", "perception.keypointsSampled"];
    const { firstDivergence, diverged, downstream } = await replayHere(log, { types });
    expect(firstDivergence).toMatchObject({
      ...{ id: mask.id, type: mask.type, seq: mask.seq, session: "golden/rope" },
      field: "mask.widthPx",
      ...{ expected: "961", found: "960" },
    });
    expect(firstDivergence?.causes.map(({ id }) => id)).toEqual([
      "golden/rope#start/frame",
      "golden/rope#start/box",
    ]);
    // The keypoints are those of the true mask, which is not the mask that they name any more.
    expect(diverged).toContain(mask.position);
    expect(downstream).toBeGreaterThan(20);
  });
});

describe("an event with a key that is not its own", () => {
  it("is a divergence in its key", async () => {
    const open = createLogVerifier(original);
    const event = derived[3]!;
    const { divergence } = await verifyEvent(open, { ...event, seed: "another" });
    expect(divergence).toMatchObject({ field: "(derivation key)", expected: event.key });
    await open.close();
  });
});

describe("an event that names a cause which is not there, such as the answer to a remote request", () => {
  it("is a divergence: nothing is asked again", async () => {
    const verifier = createLogVerifier(original);
    const event = derived[3]!;
    const causes = [...event.causes, (await original.log.lastPosition()) + 1];
    const { divergence } = await verifyEvent(verifier, { ...event, causes });
    expect(divergence).toMatchObject({
      field: "(causes)",
      found: `${event.causes.length} of ${causes.length} causes`,
    });
    await verifier.close();
  });
});

describe("a picture whose bytes are those of another", () => {
  it("is found though no other event reads it", async () => {
    const [first, second] = derived.filter(({ id }) => id.endsWith("/crop/objectOnly"));
    const other = (second!.payload as { image: MediaRef }).image.blob;
    const log = await rewritten(original, (event) => {
      if (event.position !== first!.position) return {};
      const payload = event.payload as { image: MediaRef };
      return { payload: { ...payload, image: { ...payload.image, blob: other } } };
    });
    const { firstDivergence } = await replayHere(log, { types: [first!.type] });
    expect(firstDivergence).toMatchObject({ position: first!.position, field: "(media)" });
    expect(firstDivergence?.found).toContain("BLOB_CORRUPT");
  });
});
