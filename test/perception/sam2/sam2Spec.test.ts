import { describe, expect, it } from "vitest";
import { parseSam2Spec } from "../../../src/perception/sam2/sam2Spec.ts";

const digest = "ab".repeat(32);

describe("the name of a SAM2 segmenter", () => {
  it("is a folder, and a box is its prompt", () => {
    expect(parseSam2Spec("sam2:./models")).toEqual({
      place: "./models",
      isRemote: false,
      prompting: { kind: "box", points: [] },
      threads: 1,
    });
  });

  it("takes layout, digest, threads and clicks", () => {
    const text = `sam2:models?layout=nvidia&points=480,270;100.5,50,0&threads=4#sha256=${digest}`;
    expect(parseSam2Spec(text)).toMatchObject({
      layout: "nvidia",
      digest,
      threads: 4,
      prompting: {
        kind: "box",
        points: [
          { x: 480, y: 270, isObject: true },
          { x: 100.5, y: 50, isObject: false },
        ],
      },
    });
  });

  it("takes a URL as a folder of files", () => {
    const text = `sam2:https://models.example/sam2?layout=square-zero&prompt=grid#sha256=${digest}`;
    expect(parseSam2Spec(text)).toMatchObject({
      place: "https://models.example/sam2/",
      isRemote: true,
      prompting: { kind: "grid", pointsPerSide: 8 },
    });
  });

  it.each([
    ["nothing", "sam2:"],
    ["a URL that nobody vouches for", "sam2:https://models.example/sam2?layout=nvidia"],
    ["a URL without a layout", `sam2:https://models.example/sam2#sha256=${digest}`],
    ["another layout", "sam2:models?layout=onnx"],
    ["another option", "sam2:models?size=large"],
    ["a digest that is none", "sam2:models#sha256=abc"],
    ["another digest", `sam2:models#md5=${digest}`],
    ["another prompt", "sam2:models?prompt=mask"],
    ["points that are none", "sam2:models?points=1"],
    ["no points where they are the prompt", "sam2:models?prompt=points"],
    ["points beside a grid", "sam2:models?prompt=grid&points=1,2"],
    ["a grid beside a box", "sam2:models?grid=4"],
    ["too fine a grid", "sam2:models?prompt=grid&grid=400"],
    ["no threads", "sam2:models?threads=0"],
  ])("is refused with its form: %s", (_, text) => {
    expect(() => parseSam2Spec(text)).toThrow(
      expect.objectContaining({
        code: "ARGUMENT_INVALID",
        message: expect.stringContaining("sam2:FOLDER|URL") as string,
      }) as Error,
    );
  });
});
