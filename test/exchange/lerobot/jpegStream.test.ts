import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { isDreamlogError } from "../../../src/core/errors.ts";
import { readJpegHeader, splitJpegs } from "../../../src/exchange/lerobot/jpegStream.ts";
import { sampledIndices } from "../../../src/exchange/lerobot/sampledPixels.ts";
import { encodeJpeg } from "../../../src/media/imageFormat.ts";
import { noise } from "../recordedSession.ts";

describe("JPEG files one after the other", () => {
  it("are cut apart where one ends", async () => {
    const files = await Promise.all(["a", "b", "c"].map((name) => encodeJpeg(noise(name))));
    expect(splitJpegs(Buffer.concat(files)).map((file) => Buffer.from(file))).toEqual(files);
    expect(readJpegHeader(files[0]!).pixelFormat).toBe("yuvj444p");
  });

  test.prop([fc.nat(4000), fc.nat(255)])(
    "fail as one thing, however they are damaged",
    async (at, value) => {
      // prettier-ignore
      const bytes = (await encodeJpeg(noise("a"))).slice();
      bytes[at % bytes.length] = value;
      for (const damaged of [bytes, bytes.subarray(0, at % bytes.length)]) {
        try {
          for (const file of splitJpegs(damaged)) readJpegHeader(file);
        } catch (error) {
          if (!isDreamlogError(error, "IMAGE_INVALID")) throw error;
        }
      }
    },
  );
});

describe("the sampled pictures of an episode", () => {
  test.prop([fc.integer({ min: 1, max: 100_000 })])(
    "are spread from the first to the last",
    (count) => {
      // prettier-ignore
      const indices = sampledIndices(count);
      expect(indices[0]).toBe(0);
      expect(indices.at(-1)).toBe(count - 1);
      expect(new Set(indices).size).toBe(indices.length);
      expect(indices.length).toBe(Math.min(count, Math.max(8, Math.floor(count / 30)), 10_000));
    },
  );
});
