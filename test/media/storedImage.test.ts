import { describe, expect, it } from "vitest";
import { createRandom } from "../../src/core/random.ts";
import { createRgbImage, type RgbImage } from "../../src/core/image.ts";
import { decodeImage, encodeJpeg, encodePng } from "../../src/media/imageFormat.ts";
import { encodeQoi } from "../../src/media/qoi.ts";
import { loadImage, storeImage } from "../../src/media/storedImage.ts";
import { createMemoryBlobs } from "./memoryBlobs.ts";

/** A gradient with some noise, like a camera's. */
function picture(): RgbImage {
  const random = createRandom("picture");
  const image = createRgbImage(96, 54);
  for (let at = 0; at < image.pixels.length; at++) {
    image.pixels[at] = 60 + (at % 96) + random.index(12);
  }
  return image;
}

describe("stored images", () => {
  it.each(["image/png", "image/qoi"] as const)("%s gives the same pixels back", async (type) => {
    const blobs = createMemoryBlobs();
    const ref = await storeImage(blobs, picture(), type);
    expect(ref.blob.mediaType).toBe(type);
    expect(await loadImage(blobs, ref)).toEqual(picture());
  });

  it("a JPEG names the pixels that its decoder gives, near to the original's", async () => {
    const blobs = createMemoryBlobs();
    const ref = await storeImage(blobs, picture(), "image/jpeg");
    const loaded = await loadImage(blobs, ref);
    const original = picture().pixels;
    const squares = Float64Array.from(loaded.pixels, (value, at) => (value - original[at]!) ** 2);
    expect(Math.sqrt(squares.reduce((sum, value) => sum + value) / squares.length)).toBeLessThan(6);
    expect(await storeImage(blobs, picture(), "image/jpeg")).toEqual(ref);
  });

  it("a blob that decodes to other pixels than were stored is found out", async () => {
    const blobs = createMemoryBlobs();
    const ref = await storeImage(blobs, picture(), "image/png");
    blobs.stored.set(ref.blob.digest, await encodePng(createRgbImage(96, 54)));
    await expect(loadImage(blobs, ref)).rejects.toMatchObject({ code: "BLOB_CORRUPT" });
  });
});

describe("decodeImage", () => {
  it.each([
    ["JPEG", encodeJpeg],
    ["PNG", encodePng],
    ["QOI", (image: RgbImage) => Promise.resolve(encodeQoi(image))],
  ] as const)("refuses a truncated %s with a typed error", async (_, encode) => {
    const bytes = await encode(picture());
    const half = bytes.subarray(0, Math.floor(bytes.length / 2));
    await expect(decodeImage(half)).rejects.toMatchObject({ code: "IMAGE_INVALID" });
  });

  it("refuses bytes that are no picture", async () => {
    const bytes = new TextEncoder().encode("not a picture");
    await expect(decodeImage(bytes)).rejects.toMatchObject({ code: "IMAGE_INVALID" });
  });
});
