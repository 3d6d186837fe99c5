import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { exportPreferences } from "../../../src/app/exports/exportPreferences.ts";
import {
  importPreferences,
  openPreferenceSource,
} from "../../../src/app/imports/importPreferences.ts";
import { silentProgress } from "../../../src/app/progress.ts";
import { ManualClock } from "../../../src/core/clock.ts";
import { digestBytes } from "../../../src/core/digest.ts";
import { preferenceImported } from "../../../src/events/exchange.ts";
import type { PayloadOf } from "../../../src/events/eventDefinition.ts";
import { openDatasetFolder } from "../../../src/exchange/datasetFolder.ts";
import { preferenceFormats } from "../../../src/exchange/preferences/preferenceFormats.ts";
import { readPreferenceSet } from "../../../src/exchange/preferences/preferenceSet.ts";
import type { PreferenceFormat } from "../../../src/exchange/preferences/preferencePair.ts";
import { createMemoryLog } from "../../../store/openLog.ts";
import { recordSession } from "../../exchange/recordedSession.ts";
import { temporaryPath } from "../../store/temporaryLog.ts";

const signal = new AbortController().signal;
const progress = silentProgress;

async function exported(format: PreferenceFormat): Promise<string> {
  const { log, blobs } = createMemoryLog({ clock: new ManualClock(0) });
  await recordSession({ log, blobs }, { session: "rope/0" });
  const to = temporaryPath("set");
  const uptoPosition = await log.lastPosition();
  await exportPreferences({ log, blobs, prefix: "", uptoPosition, to, progress, signal }, format);
  return to;
}

describe.each(preferenceFormats)("a $name preference set", (format) => {
  it("comes back into a log pair by pair, pictures byte for byte, once", async () => {
    const from = await exported(format);
    const { log, blobs } = createMemoryLog({ clock: new ManualClock(0) });
    const request = { log, blobs, progress, signal };
    const source = await openPreferenceSource({ from, name: "set" }, format);
    expect(await importPreferences(source, request)).toEqual({ session: "set", pairs: 2 });
    const folder = openDatasetFolder(from);
    const events = await log.read({ types: [preferenceImported.type] });
    const payloads = events.map(({ payload }) => payload as PayloadOf<typeof preferenceImported>);
    const pairs = await readPreferenceSet(folder, format);
    expect(payloads.map(({ chosen, rejected }) => [chosen, rejected])).toEqual(
      pairs.map(({ chosen, rejected }) => [chosen, rejected]),
    );
    expect(payloads[0]!.images.map(({ digest }) => digest)).toEqual(
      await Promise.all(pairs[0]!.images.map(async (name) => digestBytes(await folder.read(name)))),
    );
    const { events: before } = await log.stats();
    await importPreferences(source, request);
    expect((await log.stats()).events).toBe(before);
  });

  it("that lacks a picture is refused before there is a log", async () => {
    const from = await exported(format);
    rmSync(join(from, "images", readdirSync(join(from, "images"))[0]!));
    await expect(openPreferenceSource({ from, name: "set" }, format)).rejects.toMatchObject({
      code: "DATASET_INVALID",
    });
  });
});
