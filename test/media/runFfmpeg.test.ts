import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { runFfmpeg } from "../../src/media/runFfmpeg.ts";
import { temporaryPath } from "../store/temporaryLog.ts";

const rawInput = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "64x36", "-r", "30", "-i", "pipe:0"];
const frame = new Uint8Array(3 * 64 * 36);

async function* frames(count: number, onAsked: () => void = () => undefined) {
  for (let at = 0; at < count; at++) {
    onAsked();
    yield await Promise.resolve(frame);
  }
}

describe("ffmpeg", () => {
  it("gets all pieces of its input in order", async () => {
    const path = temporaryPath("out.raw");
    const parameters = [...rawInput, "-f", "rawvideo", path];
    await runFfmpeg({ parameters, input: frames(200), timeoutMs: null });
    expect(readFileSync(path)).toHaveLength(200 * frame.length);
  });

  it("that ends in an error is told of with its last words", async () => {
    const path = temporaryPath("out.mp4");
    await expect(
      runFfmpeg({ parameters: [...rawInput, "-c:v", "no-such-encoder", path], input: frames(3) }),
    ).rejects.toMatchObject({
      code: "FFMPEG_FAILED",
      context: { complaint: expect.stringContaining("no-such-encoder") as string },
    });
  });

  it("that has ended is asked to take nothing more", async () => {
    let asked = 0;
    const endless = frames(1_000_000, () => (asked += 1));
    const parameters = ["-no-such-option", ...rawInput, temporaryPath("out.mp4")];
    await expect(runFfmpeg({ parameters, input: endless })).rejects.toMatchObject({
      code: "FFMPEG_FAILED",
    });
    expect(asked).toBeLessThan(1_000_000);
  });

  it("that is not there is told of as missing", async () => {
    const work = runFfmpeg({ parameters: rawInput, input: frames(3), program: "/no/such/ffmpeg" });
    await expect(work).rejects.toMatchObject({ code: "FFMPEG_MISSING" });
  });

  it("is ended when a piece cannot be had, for that reason", async () => {
    async function* broken() {
      yield await Promise.resolve(frame);
      throw new Error("the picture is lost");
    }
    const work = runFfmpeg({ parameters: [...rawInput, "-f", "null", "-"], input: broken() });
    await expect(work).rejects.toThrow("the picture is lost");
  });
});
