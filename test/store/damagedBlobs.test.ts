import { describe, expect, it } from "vitest";
import { verifyLog } from "../../src/app/verifyLog.ts";
import { createRgbImage, type RgbVideo } from "../../src/core/image.ts";
import type { MediaRef } from "../../src/events/media.ts";
import { loadImage, storeImage } from "../../src/media/storedImage.ts";
import { loadVideos, storeVideos } from "../../src/media/storedVideo.ts";
import type { OpenLog } from "../../store/openLog.ts";
import { imported, started } from "./sampleEvents.ts";
import { tamper } from "./rawConnection.ts";
import { openForTest, temporaryPath } from "./temporaryLog.ts";

const video: RgbVideo = {
  widthPx: 16,
  heightPx: 16,
  fps: 10,
  frames: [new Uint8Array(16 * 16 * 3).fill(40), new Uint8Array(16 * 16 * 3).fill(90)],
};

const kinds = {
  image: {
    store: ({ blobs }: OpenLog) => storeImage(blobs, createRgbImage(16, 16), "image/png"),
    load: ({ blobs }: OpenLog, ref: MediaRef) => loadImage(blobs, ref),
  },
  video: {
    store: async ({ blobs }: OpenLog) => (await storeVideos(blobs, [video]))[0]!,
    load: ({ blobs }: OpenLog, ref: MediaRef) => loadVideos(blobs, [ref]),
  },
};

describe.each(Object.entries(kinds))("a corrupt %s blob", (_name, { store, load }) => {
  it("is a typed error for who loads it, and found by verify; the log goes on", async () => {
    const path = temporaryPath();
    const before = openForTest({ path });
    const ref = await store(before);
    await before.log.append([started("a"), imported("a", "media", ref.blob)]);
    await expect(load(before, ref)).resolves.toBeDefined();
    await before.close();
    tamper(path, (database) =>
      database
        .prepare("UPDATE blobs SET bytes = substr(bytes, 1, length(bytes) - 1) || x'ff00'")
        .run(),
    );

    const after = openForTest({ path, mode: "existing" });

    await expect(load(after, ref)).rejects.toMatchObject({
      code: "BLOB_CORRUPT",
      context: { digest: ref.blob.digest },
    });
    expect(verifyLog(after.tables).problems).toMatchObject([
      { code: "BLOB_CORRUPT", blob: ref.blob.digest, session: "a", seq: 1, position: 2 },
    ]);
    await expect(after.log.append([imported("a", "again", ref.blob)])).resolves.toHaveLength(1);
  });
});
