import { expect, it } from "vitest";
import type { LiveStatus } from "../../src/app/live/liveStatus.ts";
import { statusText } from "../../src/cli/liveStatusLine.ts";

const stream = (name: string, messages: number, missing = 0, late = 0) => ({
  ...{ name, messages, missing, late },
  bytes: 0,
});

const quiet: LiveStatus = {
  seconds: 72,
  isConnected: true,
  haltedBy: null,
  streams: [stream("top/image", 2160), stream("left/states", 72_000)],
  rejected: 0,
  lastRejection: null,
  dropped: 0,
  interventions: 0,
  commandsSent: 0,
  looks: 0,
  lastLook: null,
  unseen: null,
  lagMs: 1.2,
};

it("says of a session that goes well only how fast it is", () => {
  const before = { ...quiet, seconds: 71, streams: [stream("top/image", 2130)] };
  expect(statusText(quiet, null, "12.3 MB")).toBe("1:12  30 img/s  1000 st/s  lag 1 ms  12.3 MB");
  expect(statusText(quiet, before, "12.3 MB")).toContain("30 img/s");
});

it("fits 80 columns when everything goes wrong", () => {
  const streams = [stream("top/image", 2160, 9000, 8000), stream("left/states", 72_000)];
  const lastLook = { index: 1, areaPx: 0, distance: null };
  const bad = { ...quiet, streams, dropped: 3, rejected: 4, lastLook, lagMs: 123 };
  const text = statusText(bad, null, "123 MB");
  expect(text).toContain("missing 1000  late 8000  dropped 3  rejected 4  object hidden");
  const halted = statusText({ ...bad, haltedBy: "operatorStop" }, null, "123 MB");
  expect(halted).toContain("HALTED operatorStop (r releases)");
  expect(halted.length).toBeLessThan(80);
});
