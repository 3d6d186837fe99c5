import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { takeOutEvent } from "../../src/app/takeOutEvent.ts";
import { armRendered } from "../../src/events/dreaming.ts";
import { cameraFrameCaptured } from "../../src/events/environment.ts";
import type { PayloadOf } from "../../src/events/eventDefinition.ts";
import type { MediaRef } from "../../src/events/media.ts";
import { cropTaken, maskSegmented } from "../../src/events/perception.ts";
import { decodeImage } from "../../src/media/imageFormat.ts";
import type { OpenLog } from "../../store/openLog.ts";
import { goldenCopy, openCopy } from "../replay/goldenCopies.ts";

let golden: Awaited<ReturnType<typeof goldenCopy>>;
let open: OpenLog;

beforeAll(async () => {
  golden = await goldenCopy("rope");
  open = openCopy(golden.path);
});

afterAll(async () => {
  await open.close();
  golden.remove();
});

/** The first event of a type, and what is written of it. */
async function takenOut(type: string) {
  const [event] = await open.log.read({ types: [type], limit: 1 });
  const folder = join(golden.folder, type);
  const paths = await takeOutEvent(open, event!.position, folder);
  const names = readdirSync(folder).map((name) => name.slice(`${event!.position}-`.length));
  expect(paths).toHaveLength(names.length);
  const read = (name: string) => readFileSync(join(folder, `${event!.position}-${name}`));
  return { event: event!, names: names.sort(), read };
}

describe("taking an event out of a log", () => {
  it("writes a picture as it was stored, and the payload beside it", async () => {
    const { event, names, read } = await takenOut(cameraFrameCaptured.type);
    expect(names).toEqual(["image.jpg", "payload.json"]);
    const { image } = event.payload as { image: MediaRef };
    expect(JSON.parse(read("payload.json").toString())).toMatchObject({ image });
    expect(Buffer.from(await open.blobs.get(image.blob.digest))).toEqual(read("image.jpg"));
  });

  it("writes pictures that few programs show as PNG, with the same pixels", async () => {
    const { event, names, read } = await takenOut(cropTaken.type);
    expect(names).toEqual(["image.png", "payload.json"]);
    const { image } = event.payload as { image: MediaRef };
    const stored = await open.blobs.get(image.blob.digest);
    expect(image.blob.mediaType).toBe("image/qoi");
    expect(await decodeImage(read("image.png"))).toEqual(await decodeImage(stored));
  });

  it("writes a mask as a picture, all of its runs, and a clip as a film", async () => {
    const mask = await takenOut(maskSegmented.type);
    expect(mask.names).toEqual(["mask.png", "payload.json"]);
    const { areaPx, runs } = (mask.event.payload as PayloadOf<typeof maskSegmented>).mask;
    const { pixels } = await decodeImage(mask.read("mask.png"));
    expect(pixels.filter((value) => value === 255)).toHaveLength(3 * areaPx);
    const written = JSON.parse(mask.read("payload.json").toString()) as {
      mask: { runs: number[] };
    };
    expect(written.mask.runs).toEqual([...runs]);

    const clip = await takenOut(armRendered.type);
    expect(clip.names.some((name) => /\.(mkv|mp4)$/.test(name))).toBe(true);
  });
});
