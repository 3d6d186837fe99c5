import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mediaNamedIn } from "../../replay/contentDifference.ts";
import { eventsToDecode } from "../../replay/eventsToDecode.ts";
import { DreamlogError } from "../../src/core/errors.ts";
import type { StoredEvent } from "../../src/events/envelope.ts";
import { cameraFrameCaptured } from "../../src/events/environment.ts";
import type { OpenLog } from "../../store/openLog.ts";
import { goldenCopy, openCopy } from "./goldenCopies.ts";

let golden: Awaited<ReturnType<typeof goldenCopy>>;
let open: OpenLog;
let events: readonly StoredEvent[];

beforeAll(async () => {
  golden = await goldenCopy("toy");
  open = openCopy(golden.path);
  events = await open.log.read({ limit: 10_000 });
});

afterAll(async () => {
  await open.close();
  golden.remove();
});

const nothingDerived = { effectsOf: () => Promise.resolve([]) };
const frames = () => events.filter(({ type }) => type === cameraFrameCaptured.type);
const positionsOf = (some: readonly StoredEvent[]) => new Set(some.map(({ position }) => position));

describe("what a replay decodes", () => {
  it("is every picture and clip that was derived or looked at, and nothing without one", async () => {
    const shown = events.filter(({ payload }) => mediaNamedIn(payload).length > 0);
    expect(await eventsToDecode(open.log, events)).toEqual(positionsOf(shown));
    expect(frames().length).toBeGreaterThan(2);
  });

  it("asks the log for what was derived where that is not among the events at hand", async () => {
    expect(await eventsToDecode(open.log, frames())).toEqual(positionsOf(frames()));
  });

  it("is no camera's picture that nothing was derived from", async () => {
    expect(await eventsToDecode(nothingDerived, frames())).toEqual(new Set());
    const caused = { effectsOf: () => Promise.resolve(frames()) };
    expect(await eventsToDecode(caused, frames())).toEqual(new Set());
  });

  it("is a picture whose effects cannot be read: they may have been derived", async () => {
    const effectsOf = () => Promise.reject(new DreamlogError("LOG_CORRUPT", "a damaged page"));
    expect(await eventsToDecode({ effectsOf }, frames())).toEqual(positionsOf(frames()));
  });
});
