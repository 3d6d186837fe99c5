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

async function serve(open: OpenLog, options: StandInOptions = {}) {
  const models = {
    log: open.log,
    planner: createMatcherPlanner(),
    judge: createGeometricJudge(),
    worldModel: () => Promise.resolve(shiftingWorldModel()),
  };
  const server = await startStandIn(models, options);
  onTestFinished(() => server.close());
  return server;
}

async function served(options: StandInOptions = {}) {
  const open = createMemoryLog({ clock: new ManualClock(0) });
  const session = await renderedSession(open, "session", candidateCount);
  const server = await serve(open, options);
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
