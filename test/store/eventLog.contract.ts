import { beforeEach, describe, expect, it } from "vitest";
import { digestBytes } from "../../src/core/digest.ts";
import type { OpenLog } from "../../store/openLog.ts";
import { absentBlob, boxed, closed, sampled, started } from "./sampleEvents.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** What every event log must do, whatever holds its rows. `create` opens an empty one. */
export function describeEventLog(name: string, create: () => OpenLog | Promise<OpenLog>): void {
  describe(`event log: ${name}`, () => {
    let open: OpenLog;
    let log: OpenLog["log"];
    beforeEach(async () => {
      open = await create();
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

      it("finds an event by its session and seq, in a branch's shared prefix too", async () => {
        await log.append([started("root"), boxed("root", "1"), boxed("root", "2")]);
        await log.append([started("branch", { session: "root", event: "root/1" })]);
        await log.append([boxed("branch", "own")]);

        const idAt = async (session: string, seq: number) => (await log.getBySeq(session, seq))?.id;
        expect(await idAt("root", 2)).toBe("root/2");
        expect(await idAt("root", 3)).toBeUndefined();
        expect(await idAt("branch", 1)).toBe("root/1");
        expect(await idAt("branch", 2)).toBe("branch/started");
        expect(await idAt("branch", 3)).toBe("branch/own");
        expect(await idAt("nowhere", 0)).toBeUndefined();
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
