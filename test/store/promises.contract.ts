import { beforeEach, describe, expect, it } from "vitest";
import { verifyLog } from "../../src/app/verifyLog.ts";
import { digestBytes } from "../../src/core/digest.ts";
import type { DreamlogError } from "../../src/core/errors.ts";
import type { OpenLog } from "../../store/openLog.ts";
import { absentBlob, boxed, closed, imported, sampled, started } from "./sampleEvents.ts";

/** The promises of the design that every log keeps, whatever holds its rows. */
export function describePromises(name: string, create: () => OpenLog | Promise<OpenLog>): void {
  describe(`promises of the event log: ${name}`, () => {
    let open: OpenLog;
    let log: OpenLog["log"];
    beforeEach(async () => {
      open = await create();
      log = open.log;
    });

    describe("promise 1: nothing downstream acts on an event before the log holds it", () => {
      it("answers an append, and tells followers, only when the event can be read", async () => {
        const seenByFollower: number[] = [];
        log.onAppend(() => {
          void log.lastPosition().then((position) => seenByFollower.push(position));
        });

        const [stored] = await log.append([started("a")]);

        expect(await log.get(stored!.position)).toEqual(stored);
        expect(seenByFollower).toEqual([1]);
      });

      it("refuses an event whose cause the log does not hold", async () => {
        await log.append([started("a")]);

        await expect(log.append([boxed("a", "box", 0, { causes: [7] })])).rejects.toMatchObject({
          code: "EVENT_CONFLICT",
          context: { cause: 7 },
        });
      });

      it("refuses an event that names a blob the store does not hold", async () => {
        await log.append([started("a")]);

        await expect(log.append([imported("a", "weights", absentBlob)])).rejects.toMatchObject({
          code: "BLOB_MISSING",
        });
      });

      it("stores all events of an append or none", async () => {
        await log.append([started("a")]);
        const head = await log.head();

        await expect(
          log.append([boxed("a", "good"), started("b"), imported("a", "bad", absentBlob)]),
        ).rejects.toMatchObject({ code: "BLOB_MISSING" });

        expect(await log.head()).toBe(head);
        expect(await log.findById("a/good")).toBeUndefined();
        expect(await log.session("b")).toBeUndefined();
        const [next] = await log.append([boxed("a", "good")]);
        expect(next).toMatchObject({ position: 2, seq: 1 });
      });
    });

    describe("promise 3: appends are idempotent by event id and can demand the expected seq", () => {
      it("answers a repeated event as it was stored and appends nothing", async () => {
        const first = await log.append([started("a"), boxed("a", "box", 1)]);

        const again = await log.append([started("a"), boxed("a", "box", 1)], { logTimeUs: 99 });

        expect(again).toEqual(first);
        expect(await log.lastPosition()).toBe(2);
      });

      it("answers a repetition within one append, and one in a closed session", async () => {
        const [, one, two] = await log.append([started("a"), boxed("a", "1"), boxed("a", "1")]);
        await log.append([closed("a")]);

        expect(two).toEqual(one);
        expect(await log.append([boxed("a", "1")])).toEqual([one]);
      });

      it.each([
        ["payload", boxed("a", "box", 2)],
        ["session", { ...boxed("b", "box", 1), id: "a/box" }],
        ["type", { ...closed("a"), id: "a/box" }],
        ["source time", boxed("a", "box", 1, { sourceTimeUs: 6 })],
        ["causes", boxed("a", "box", 1, { causes: [1] })],
        ["kind", boxed("a", "box", 1, { kind: "effect" })],
        ["seed", boxed("a", "box", 1, { seed: "1" })],
        ["key", boxed("a", "box", 1, { key: digestBytes("key") })],
        [
          "producer",
          boxed("a", "box", 1, {
            producer: {
              component: "other",
              version: 1,
              config: {},
              model: null,
              fingerprint: null,
            },
          }),
        ],
      ])("names both when an id comes again with another %s", async (_what, changed) => {
        await log.append([started("a"), started("b"), boxed("a", "box", 1)]);

        const conflict = await log.append([changed]).catch((error: unknown) => error);

        expect(conflict).toMatchObject({ code: "EVENT_CONFLICT", context: { id: "a/box" } });
        const { stored, offered } = (conflict as DreamlogError).context;
        expect(stored).not.toEqual(offered);
        expect(await log.lastPosition()).toBe(3);
      });

      it("appends at the expected seq", async () => {
        await log.append([started("a")], { expectedSeq: 0 });
        await log.append([boxed("a", "1"), boxed("a", "2")], { expectedSeq: 1 });

        expect((await log.session("a"))!.eventCount).toBe(3);
      });

      it("names the expected and the found seq when the session moved on", async () => {
        await log.append([started("a"), boxed("a", "1")]);

        await expect(log.append([boxed("a", "2")], { expectedSeq: 1 })).rejects.toMatchObject({
          code: "SEQ_CONFLICT",
          context: { session: "a", expected: 1, found: 2 },
        });
        expect(await log.lastPosition()).toBe(2);
      });

      it("refuses an expected seq for events of several sessions", async () => {
        await expect(
          log.append([started("a"), started("b")], { expectedSeq: 0 }),
        ).rejects.toMatchObject({ code: "EVENT_INVALID" });
      });
    });

    describe("promise 4: history is immutable, and verify finds a change", () => {
      it("verifies as sound whatever was appended through the port", async () => {
        const weights = await open.blobs.put(Uint8Array.of(1, 2, 3), "application/octet-stream");
        const [start] = await log.append([started("a"), imported("a", "weights", weights)]);
        await log.append([sampled("a", "points", [start!], "0")]);
        await log.append([started("branch", { session: "a", event: "a/weights" })]);

        expect(verifyLog(open.tables)).toEqual({
          isSound: true,
          events: 4,
          blobs: 1,
          problems: [],
        });
      });

      it("gives another head for another history", async () => {
        const heads = [await log.head()];
        await log.append([started("a")]);
        heads.push(await log.head());
        await log.append([started("b")]);
        heads.push(await log.head());

        expect(new Set(heads).size).toBe(3);
      });
    });

    describe("promise 5: what is stored is valid and stays readable", () => {
      it.each([
        ["payload", boxed("a", "bad", Number.NaN)],
        ["id", { ...boxed("a", "bad"), id: "" }],
        ["id with a control character", { ...boxed("a", "bad"), id: "a\u0000b" }],
        ["session that is no text", { ...started("a"), session: "a\ud800" }],
        ["source time", boxed("a", "bad", 0, { sourceTimeUs: 0.5 })],
        ["key", boxed("a", "bad", 0, { key: "abc" as never })],
        ["cause", boxed("a", "bad", 0, { causes: [0.5] })],
      ])("refuses an invalid %s", async (_what, event) => {
        await log.append([started("a")]);

        await expect(log.append([event])).rejects.toMatchObject({ code: "EVENT_INVALID" });
        expect(await log.lastPosition()).toBe(1);
      });

      it("refuses a log time that is no whole number", async () => {
        await expect(log.append([started("a")], { logTimeUs: Number.NaN })).rejects.toMatchObject({
          code: "EVENT_INVALID",
        });
      });

      it("refuses a type and a version it does not know", async () => {
        await log.append([started("a")]);

        await expect(
          log.append([{ ...boxed("a", "box"), type: "label.unheardOf" }]),
        ).rejects.toMatchObject({ code: "EVENT_TYPE_UNKNOWN" });
        await expect(log.append([boxed("a", "box", 0, { version: 99 })])).rejects.toMatchObject({
          code: "EVENT_VERSION_UNKNOWN",
        });
      });

      it("keeps names of any script", async () => {
        const session = "収集/ロープ/éàü/🪢";
        const [stored] = await log.append([started(session)]);

        expect(await log.findById(`${session}/started`)).toEqual(stored);
        expect((await log.sessions("収集/")).map(({ id }) => id)).toEqual([session]);
      });
    });
  });
}
