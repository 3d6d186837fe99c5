import { beforeEach, describe, expect, it } from "vitest";
import { verifyLog } from "../../src/app/verifyLog.ts";
import { digestBytes } from "../../src/core/digest.ts";
import type { DreamlogError } from "../../src/core/errors.ts";
import type { OpenLog } from "../../store/openLog.ts";
import { absentBlob, boxed, closed, imported, sampled, started } from "./sampleEvents.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** What every event log must do, whatever holds its rows. `create` opens an empty one. */
export function describeEventLog(name: string, create: () => OpenLog): void {
  describe(`event log: ${name}`, () => {
    let open: OpenLog;
    let log: OpenLog["log"];
    beforeEach(() => {
      open = create();
      log = open.log;
    });

    const allEvents = () => log.read({ limit: 10_000 });

    describe("appending and reading", () => {
      it("answers each event with its position, its seq and its digests, and reads it back the same", async () => {
        const appended = await log.append([started("a"), boxed("a", "one", 1), started("b")]);

        expect(appended.map(({ position, session, seq }) => [position, session, seq])).toEqual([
          [1, "a", 0],
          [2, "a", 1],
          [3, "b", 0],
        ]);
        expect(await allEvents()).toEqual(appended);
        expect(await log.get(2)).toEqual(appended[1]);
        expect(await log.findById("b/started")).toEqual(appended[2]);
        expect(await log.lastPosition()).toBe(3);
      });

      it("pages through a session without losing or repeating an event", async () => {
        const names = Array.from({ length: 10 }, (_, at) => `event ${at}`);
        await log.append([started("a"), started("b")]);
        for (const name of names) await log.append([boxed("a", name), boxed("b", name)]);

        const paged = [];
        for (let afterPosition = 0; ;) {
          const page = await log.read({ session: "a", afterPosition, limit: 3 });
          if (page.length === 0) break;
          paged.push(...page);
          afterPosition = page.at(-1)!.position;
        }

        expect(paged.map(({ id }) => id)).toEqual([
          "a/started",
          ...names.map((name) => `a/${name}`),
        ]);
      });

      it("reads only the types and positions asked for", async () => {
        await log.append([started("a"), boxed("a", "1"), boxed("a", "2"), closed("a")]);

        const read = await log.read({ types: ["label.objectBoxed"], uptoPosition: 2 });

        expect(read.map(({ id }) => id)).toEqual(["a/1"]);
      });

      it("hands out values that a caller may change without changing the log", async () => {
        const [, stored] = await log.append([started("a"), sampled("a", "points", [], "0")]);
        const before = structuredClone(stored!.payload);

        (stored!.payload as { points: Float32Array }).points.fill(-1);

        expect((await log.get(2))!.payload).toEqual(before);
      });

      it("stores nothing for an empty append", async () => {
        expect(await log.append([])).toEqual([]);
        expect(await log.lastPosition()).toBe(0);
      });

      it("tells an event's effects", async () => {
        const [start, box] = await log.append([started("a"), boxed("a", "box")]);
        const [points] = await log.append([sampled("a", "points", [start!, box!], "0")]);

        expect(points!.causes).toEqual([1, 2]);
        expect(await log.effectsOf(2)).toEqual([points]);
        expect(await log.effectsOf(3)).toEqual([]);
      });

      it("takes log time from the caller where a session lives in simulated time", async () => {
        const [stored] = await log.append([started("a")], { logTimeUs: 42 });

        expect(stored!.logTimeUs).toBe(42);
      });
    });

    describe("sessions", () => {
      it("lists sessions by name, with what they hold", async () => {
        await log.append([started("b"), started("a/2"), started("a/1"), boxed("a/1", "box")]);
        await log.append([closed("b")]);

        const sessions = await log.sessions();

        expect(sessions.map(({ id, eventCount, isClosed }) => [id, eventCount, isClosed])).toEqual([
          ["a/1", 2, false],
          ["a/2", 1, false],
          ["b", 2, true],
        ]);
        expect((await log.sessions("a/")).map(({ id }) => id)).toEqual(["a/1", "a/2"]);
        expect(await log.session("nowhere")).toBeUndefined();
      });

      it("shares the parent's events up to the fork with a branch, and copies none", async () => {
        await log.append([started("root"), boxed("root", "1"), boxed("root", "2")]);
        await log.append([started("branch", { session: "root", event: "root/1" })]);
        await log.append([boxed("branch", "own"), boxed("root", "3")]);
        await log.append([started("twig", { session: "branch", event: "root/1" })]);

        const idsOf = async (session: string) => (await log.read({ session })).map(({ id }) => id);
        expect(await idsOf("branch")).toEqual([
          "root/started",
          "root/1",
          "branch/started",
          "branch/own",
        ]);
        expect(await idsOf("twig")).toEqual(["root/started", "root/1", "twig/started"]);
        expect((await log.findById("branch/started"))!.seq).toBe(2);
        expect((await log.session("branch"))!.parent).toEqual({ session: "root", position: 2 });
        expect(await log.lastPosition()).toBe(7);
      });

      it("refuses a branch from an event that is none of the parent", async () => {
        await log.append([started("root"), started("other")]);

        await expect(
          log.append([started("branch", { session: "root", event: "other/started" })]),
        ).rejects.toMatchObject({ code: "EVENT_CONFLICT" });
        expect(await log.session("branch")).toBeUndefined();
      });

      it("refuses a session that does not begin with session.started", async () => {
        await expect(log.append([boxed("a", "box")])).rejects.toMatchObject({
          code: "SESSION_UNKNOWN",
        });
      });

      it("refuses every further event of a closed session", async () => {
        await log.append([started("a"), closed("a")]);

        await expect(log.append([boxed("a", "late")])).rejects.toMatchObject({
          code: "SESSION_CLOSED",
        });
      });

      it("names an unknown session when asked to read it", async () => {
        await expect(log.read({ session: "nowhere" })).rejects.toMatchObject({
          code: "SESSION_UNKNOWN",
        });
      });
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
        const weights = await open.blobs.put(bytesOf("weights"), "application/octet-stream");
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

    describe("the memo", () => {
      it("finds the first event stored under a derivation key", async () => {
        const [start] = await log.append([started("a")]);
        const derivation = sampled("a", "points", [start!], "0");
        const [points] = await log.append([derivation]);
        await log.append([{ ...derivation, id: "a/points again" }]);

        expect(await log.findByKey(derivation.key!)).toEqual(points);
        expect(await log.findByKey(sampled("a", "x", [start!], "1").key!)).toBeUndefined();
      });
    });

    describe("blobs", () => {
      it("stores the same bytes once and gives them back", async () => {
        const first = await open.blobs.put(bytesOf("frame"), "image/png");
        const second = await open.blobs.put(bytesOf("frame"), "image/png");

        expect(second).toEqual(first);
        expect(first).toMatchObject({ digest: digestBytes("frame"), lengthBytes: 5 });
        expect(await open.blobs.has(first.digest)).toBe(true);
        expect(new Uint8Array(await open.blobs.get(first.digest))).toEqual(bytesOf("frame"));
        expect((await log.stats()).blobs).toBe(1);
      });

      it("stores an empty blob", async () => {
        const { digest, lengthBytes } = await open.blobs.put(new Uint8Array(), "image/png");

        expect(lengthBytes).toBe(0);
        expect((await open.blobs.get(digest)).length).toBe(0);
      });

      it("names a blob it does not hold", async () => {
        await expect(open.blobs.get(absentBlob.digest)).rejects.toMatchObject({
          code: "BLOB_MISSING",
        });
        expect(await open.blobs.has(absentBlob.digest)).toBe(false);
      });
    });

    it("counts sessions, events, blobs and bytes by type", async () => {
      await open.blobs.put(bytesOf("frame"), "image/png");
      await log.append([started("a"), boxed("a", "1"), boxed("a", "2")]);

      const stats = await log.stats();

      expect(stats).toMatchObject({ sessions: 1, events: 3, blobs: 1 });
      expect(stats.byType.map(({ type, events }) => [type, events])).toEqual([
        ["label.objectBoxed", 2],
        ["session.started", 1],
      ]);
      expect(stats.bytes).toBe(5 + stats.byType.reduce((sum, { bytes }) => sum + bytes, 0));
    });
  });
}
