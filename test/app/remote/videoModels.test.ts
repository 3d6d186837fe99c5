import { setTimeout } from "node:timers/promises";
import { isA } from "../../../src/app/derivations/rule.ts";
import { createExchangeCheck } from "../../../src/app/remote/exchangeCheck.ts";
import { connectWorldModel } from "../../../src/app/remote/videoModel.ts";
import { parseVideoSpec } from "../../../src/app/remote/videoSpec.ts";
import { closeSession, recorderFor, startSession } from "../../../src/app/sessionLifecycle.ts";
import type { Digest } from "../../../src/core/digest.ts";
import { encodePayload } from "../../../src/events/codec.ts";
import { remoteJobAccepted, remoteRequestComposed, remoteRequestFailed, remoteVideoAnswered } from "../../../src/events/remote.ts"; // prettier-ignore
import { objectIou } from "../../../src/media/imageQuality.ts";
import type { WorldModel } from "../../../src/ports/worldModel.ts";
import { describe, expect, it, onTestFinished } from "vitest";
import { dreamRemotely } from "../../../src/app/remote/dreamRemotely.ts";
import {
  startStandIn,
  type StandInFault,
  type StandInOptions,
} from "../../../src/app/standIn/standInServer.ts";
import { ManualClock } from "../../../src/core/clock.ts";
import type { StoredEvent } from "../../../src/events/envelope.ts";
import { createGeometricJudge } from "../../../src/judging/geometricJudge.ts";
import { createMatcherPlanner } from "../../../src/planning/matcherPlanner.ts";
import { createMemoryLog, type OpenLog } from "../../../store/openLog.ts";
import { replayHere } from "../../../src/app/logVerifier.ts";
import { embeddedSizes, renderedSession, shiftingWorldModel, videoModelAt } from "./videoScene.ts";

const candidateCount = 3;

async function serve(
  open: OpenLog,
  options: StandInOptions,
  worldModel = () => Promise.resolve(shiftingWorldModel()),
) {
  const models = {
    log: open.log,
    planner: createMatcherPlanner(),
    judge: createGeometricJudge(),
    worldModel,
  };
  const server = await startStandIn(models, options);
  onTestFinished(() => server.close());
  return server;
}

async function served(options: StandInOptions = {}, worldModel?: () => Promise<WorldModel>) {
  const open = createMemoryLog({ clock: new ManualClock(0) });
  const session = await renderedSession(open, "session", candidateCount);
  const server = await serve(open, options, worldModel);
  return { open, server, ...session };
}

const specs = {
  "videos, jobs": (url: string) => `videos:${url}?model=m&control=mkv&pollMs=10`,
  "videos, sync": (url: string) => `videos:${url}?model=m&control=mkv&form=sync`,
  "dream-http, jobs": (url: string) =>
    `dream-http:${url.replace("/v1", "/dream")}?form=job&pollMs=10`,
  "dream-http, sync": (url: string) => `dream-http:${url.replace("/v1", "/dream")}?form=sync`,
} as const;
type Api = keyof typeof specs;
const apis = Object.keys(specs) as Api[];
const specOf = (api: Api, url: string, more = "") => `${specs[api](url)}&${embeddedSizes}${more}`;

/** What a client that goes on trying gets over. */
const passingFaults: readonly StandInFault[] = [
  ...["429", "truncated", "duplicateJob", "500", "wrongSchema"],
  ...["disconnect", "webPage", "hang"],
] as StandInFault[];

const eventsOf = (open: OpenLog) => open.log.read({ limit: 1000 });
/** A promise that resolves when it is told to. */
function createGate(): { readonly promise: Promise<void>; readonly release: () => void } {
  const opened = new AbortController();
  const promise = new Promise<void>((resolve) => {
    opened.signal.addEventListener("abort", () => resolve(), { once: true });
  });
  return { promise, release: () => opened.abort() };
}

/** A further session of the log. */
async function begun(open: Pick<OpenLog, "log" | "blobs">, session: string) {
  const recorder = recorderFor({ open }, session);
  await startSession(recorder, { purpose: "test", task: "toy", seed: "0", settings: {} });
  return recorder;
}

const typesOf = (events: readonly StoredEvent[]) => events.map(({ type }) => type);
const count = (events: readonly StoredEvent[], type: string) =>
  typesOf(events).filter((each) => each === type).length;

describe.each(apis)("a world model over %s", (api) => {
  it("dreams what the same model dreams in process, and replay asks nobody", async () => {
    const { open, recorder, rendered, dreamed, server } = await served();
    const model = videoModelAt(specOf(api, server.url));
    const dreams = await dreamRemotely(recorder, model, dreamed, rendered);
    const clips = await recorder.media.loadVideos(rendered.map(({ clip }) => clip.payload.video));
    const firstFrame = await recorder.media.loadImage(dreamed.crop.payload.image);
    for (const [at, dream] of dreams.entries()) {
      const seed = `${dreamed.crop.contentDigest} ${dream.payload.candidate}`;
      const [here] = await shiftingWorldModel().dream([{ firstFrame, armClip: clips[at]!, seed }]);
      const { pixels } = await recorder.media.loadImage(dream.payload.frames);
      expect(Buffer.compare(pixels, Buffer.concat(here!.frames))).toBe(0);
    }
    expect(dreams).toHaveLength(candidateCount);
    expect(server.counts().charged).toBe(candidateCount);

    await server.close();
    expect(await dreamRemotely(recorder, model, dreamed, rendered)).toEqual(dreams);
    const replayed = await replayHere(open);
    expect(replayed.firstDivergence).toBeNull();
    expect(replayed.unknownProducers).toEqual([]);
  });

  it("loses no candidate whatever goes wrong with every other request, and pays once", async () => {
    const faultOf = (request: number) =>
      request % 2 === 0 ? passingFaults[(request / 2) % passingFaults.length]! : null;
    const { open, recorder, rendered, dreamed, server } = await served({ faultOf });
    const model = videoModelAt(specOf(api, server.url, "&timeoutMs=1000&attempts=8&concurrency=2"));
    const dreams = await dreamRemotely(recorder, model, dreamed, rendered);
    expect(dreams).toHaveLength(candidateCount);
    expect(server.counts().charged).toBe(candidateCount);
    expect(count(await eventsOf(open), "remote.videoAnswered")).toBe(candidateCount);
  });
});

describe("a job", () => {
  it("that was handed in before an interruption is asked for again, and not handed in again", async () => {
    const { promise: gate, release } = createGate();
    const worldModel = async () => {
      await gate;
      return shiftingWorldModel();
    };
    const { open, recorder, rendered, dreamed, server } = await served({}, worldModel);
    const text = specOf("videos, jobs", server.url, "&concurrency=3");
    const interruption = new AbortController();
    const stopped = dreamRemotely(
      recorder,
      connectWorldModel(parseVideoSpec(text), { environment: {}, signal: interruption.signal }),
      dreamed,
      rendered,
    );
    while (count(await eventsOf(open), "remote.jobAccepted") < candidateCount) await setTimeout(20);
    interruption.abort();
    await expect(stopped).rejects.toMatchObject({ code: "INTERRUPTED" });
    release();
    const dreams = await dreamRemotely(recorder, videoModelAt(text), dreamed, rendered);
    expect(dreams).toHaveLength(candidateCount);
    const events = await eventsOf(open);
    expect(count(events, "remote.jobAccepted")).toBe(candidateCount);
    expect(count(events, "remote.requestFailed")).toBe(0);
    expect(server.counts().charged).toBe(candidateCount);
  });

  it("that the server forgot is an event, and is handed in once more under another key", async () => {
    const faultOf = (request: number) => (request === 1 ? "forgottenJob" : null);
    const { open, recorder, rendered, dreamed, server } = await served({ faultOf });
    const model = videoModelAt(specOf("videos, jobs", server.url));
    const dreams = await dreamRemotely(recorder, model, dreamed, rendered.slice(0, 1));
    expect(dreams).toHaveLength(1);
    const events = await eventsOf(open);
    expect(count(events, "remote.requestFailed")).toBe(1);
    const keys = events.flatMap((event) =>
      isA(event, remoteJobAccepted) ? [event.payload.idempotencyKey] : [],
    );
    expect(keys[1]).toBe(`${keys[0]!}-1`);
  });
});

describe("a server that is not what it should be", () => {
  it.each([
    ["another path", (url: string) => `videos:${url}/elsewhere?model=m`, null, /status 404/],
    ["a web page", (url: string) => `videos:${url}?model=m`, "webPage", /found a web page/],
    ["another schema", (url: string) => `videos:${url}?model=m`, "wrongSchema", /another kind/],
  ] as const)(
    "as %s is told as a failure with what to change, and no candidate is dreamed up",
    async (_, spec, fault, reason) => {
      const { open, recorder, rendered, dreamed, server } = await served({ faultOf: () => fault });
      const model = videoModelAt(`${spec(server.url)}&control=mkv&attempts=2&${embeddedSizes}`);
      expect(await dreamRemotely(recorder, model, dreamed, rendered)).toEqual([]);
      const failures = (await eventsOf(open)).filter((event) => isA(event, remoteRequestFailed));
      expect(failures).toHaveLength(candidateCount);
      for (const { payload } of failures) {
        expect(payload.code).toBe("REMOTE_REFUSED");
        expect(payload.reason).toMatch(reason);
      }
    },
  );

  it("as one that cuts every video off leaves the videos and says that they cannot be read", async () => {
    const { open, recorder, rendered, dreamed, server } = await served({
      faultOf: () => "truncated",
    });
    const model = videoModelAt(specOf("dream-http, sync", server.url, "&attempts=2"));
    expect(await dreamRemotely(recorder, model, dreamed, rendered)).toEqual([]);
    const events = await eventsOf(open);
    expect(count(events, "remote.videoAnswered")).toBe(candidateCount);
    expect(count(events, "remote.answersUnreadable")).toBe(candidateCount);
    expect(
      (await replayHere(open, { types: ["remote.answersUnreadable"] })).firstDivergence,
    ).toBeNull();
  });
});

describe("an answer", () => {
  it("to another request than the log's is a divergence, and so is a request without one", async () => {
    const { open, recorder, rendered, dreamed, server } = await served();
    const model = videoModelAt(specOf("videos, sync", server.url));
    await dreamRemotely(recorder, model, dreamed, rendered.slice(0, 1));
    const events = await eventsOf(open);
    const answer = events.find((event) => isA(event, remoteVideoAnswered))!;
    const request = events.find((event) => isA(event, remoteRequestComposed))!;
    const check = createExchangeCheck(open);
    expect(await check(answer, [request])).toBeNull();
    const body = request.payload.body.replace('"seed":', '"seed":1');
    const other = { ...request, payload: { ...request.payload, body } };
    expect(await check(answer, [other])).toMatchObject({ field: "requestDigest" });

    const unanswered = {
      effectsOf: () => Promise.resolve([]),
      session: open.log.session.bind(open.log),
      read: open.log.read.bind(open.log),
    };
    const checkWithout = createExchangeCheck({ log: unanswered, blobs: open.blobs });
    expect(await checkWithout(request, [])).toBeNull();
    await closeSession(recorder, "completed");
    expect(await checkWithout(request, [])).toMatchObject({ field: "(answer)" });
  });

  it("in a lossy video is read as the object alone on white, about where it was dreamed", async () => {
    const { recorder, rendered, dreamed, server } = await served({ videoEncoding: "mp4" });
    const sizes = "size=320x192&frames=9&controlSize=128x128&controlFrames=8";
    const model = videoModelAt(`videos:${server.url}?model=m&control=mkv&pollMs=10&${sizes}`);
    const [dream] = await dreamRemotely(recorder, model, dreamed, rendered.slice(0, 1));
    const exact = videoModelAt(specOf("dream-http, sync", server.url));
    const [wanted] = await dreamRemotely(
      await begun(recorder, "exact"),
      exact,
      dreamed,
      rendered.slice(0, 1),
    );
    const [found, expected] = await Promise.all(
      [dream, wanted].map((each) => recorder.media.loadImage(each!.payload.frames)),
    );
    expect(objectIou(found!, expected!)).toBeGreaterThan(0.5);
  });
});

describe("a key for videos", () => {
  it.each(["wrong", "right"])(
    "that is %s stands in no event, no blob and no message, though the server repeats it",
    async (which) => {
      const right = "sk-right-0123456789";
      const key = which === "right" ? right : "sk-wrong-0123456789";
      const { open, rendered, dreamed, server } = await served({ requiredKey: right });
      for (const api of apis) {
        const text = specOf(api, server.url, "&key=VIDEO_KEY");
        const model = videoModelAt(text, { VIDEO_KEY: key });
        await dreamRemotely(
          await begun(open, `session ${api}`),
          model,
          dreamed,
          rendered.slice(0, 1),
        );
      }
      const stored = [];
      for (const event of await eventsOf(open)) {
        const text = Buffer.from(encodePayload(event)).toString("latin1");
        stored.push(text);
        for (const [digest] of text.matchAll(/[0-9a-f]{64}/g)) {
          const blob = await open.blobs.get(digest as Digest).catch(() => new Uint8Array());
          stored.push(Buffer.from(blob).toString("latin1"));
        }
      }
      const forms = [key, Buffer.from(key).toString("base64"), encodeURIComponent(key)];
      for (const form of forms) expect(stored.join("\n")).not.toContain(form);
      const types = typesOf(await eventsOf(open));
      expect(types).toContain(which === "right" ? "remote.videoAnswered" : "remote.requestFailed");
    },
  );
});
