import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { exportPreferences } from "../../../src/app/exports/exportPreferences.ts";
import type { ExportRequest } from "../../../src/app/exports/exportRequest.ts";
import { silentProgress } from "../../../src/app/progress.ts";
import { ManualClock } from "../../../src/core/clock.ts";
import { openDatasetFolder } from "../../../src/exchange/datasetFolder.ts";
import { preferenceFormats } from "../../../src/exchange/preferences/preferenceFormats.ts";
import { readPreferenceSet } from "../../../src/exchange/preferences/preferenceSet.ts";
import { swiftFormat } from "../../../src/exchange/preferences/swift.ts";
import { createMemoryLog, type OpenLog } from "../../../store/openLog.ts";
import { recordSession } from "../../exchange/recordedSession.ts";
import { temporaryPath } from "../../store/temporaryLog.ts";

/** Two sessions with two pairs each. */
async function twoSessions(): Promise<OpenLog> {
  const open = createMemoryLog({ clock: new ManualClock(0) });
  await recordSession(open, { session: "seed-0/rope/0" });
  await recordSession(open, { session: "seed-0/toy/0", task: "toy", prompt: "<image> hm?" });
  return open;
}

async function requestFor(open: OpenLog, more: Partial<ExportRequest> = {}) {
  return {
    log: open.log,
    blobs: open.blobs,
    prefix: "",
    uptoPosition: await open.log.lastPosition(),
    to: temporaryPath("set"),
    progress: silentProgress,
    signal: new AbortController().signal,
    ...more,
  };
}

/** Every file with its bytes. */
function contentsOf(root: string): Record<string, string> {
  const names = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length));
  return Object.fromEntries(
    names.sort().map((name) => [name, readFileSync(join(root, name)).toString("hex")]),
  );
}

describe.each(preferenceFormats)("the preferences of a log for $name", (format) => {
  it("are one pair a negative, beside two marked pictures a prompt", async () => {
    const request = await requestFor(await twoSessions());
    const { counts } = await exportPreferences(request, format);
    expect(counts).toEqual({ pairs: 4, prompts: 2, images: 4 });
    const pairs = await readPreferenceSet(openDatasetFolder(request.to), format);
    expect(pairs.map(({ prompt }) => prompt)).toEqual([
      "Which move?",
      "Which move?",
      "‹image› hm?",
      "‹image› hm?",
    ]);
    expect(pairs[0]).toMatchObject({
      chosen: '{"arm":"left","source":1,"target":1}',
      rejected: '{"arm":"left","source":0,"target":2}',
    });
  });

  it("are the same bytes from the same log", async () => {
    const requests = [await requestFor(await twoSessions()), await requestFor(await twoSessions())];
    for (const request of requests) await exportPreferences(request, format);
    expect(contentsOf(requests[0]!.to)).toEqual(contentsOf(requests[1]!.to));
  });

  it("go on where an export was stopped, to the same bytes", async () => {
    const open = await twoSessions();
    const whole = await requestFor(open);
    await exportPreferences(whole, format);
    const controller = new AbortController();
    const stopping = { ...silentProgress, advance: () => controller.abort() };
    const stopped = await requestFor(open, { progress: stopping, signal: controller.signal });
    await expect(exportPreferences(stopped, format)).rejects.toMatchObject({ code: "INTERRUPTED" });
    expect(contentsOf(stopped.to)).not.toEqual(contentsOf(whole.to));

    await exportPreferences({ ...whole, to: stopped.to }, format);
    expect(contentsOf(stopped.to)).toEqual(contentsOf(whole.to));
  });
});

describe("an export of preferences", () => {
  it("leaves out other sessions and later events", async () => {
    const open = await twoSessions();
    const toys = await exportPreferences(
      await requestFor(open, { prefix: "seed-0/toy" }),
      swiftFormat,
    );
    expect(toys.counts["pairs"]).toBe(2);
    const firstEnd = (await open.log.session("seed-0/rope/0"))!.lastPosition;
    const first = await exportPreferences(
      await requestFor(open, { uptoPosition: firstEnd }),
      swiftFormat,
    );
    expect(first.counts["pairs"]).toBe(2);
    await expect(
      exportPreferences(await requestFor(open, { prefix: "nobody" }), swiftFormat),
    ).rejects.toMatchObject({ code: "STAGE_INCOMPLETE" });
  });

  it("that lost a picture is not whole", async () => {
    const request = await requestFor(await twoSessions());
    await exportPreferences(request, swiftFormat);
    const images = join(request.to, "images");
    rmSync(join(images, readdirSync(images)[0]!));
    await expect(
      readPreferenceSet(openDatasetFolder(request.to), swiftFormat),
    ).rejects.toMatchObject({ code: "DATASET_INVALID" });
  });
});
