import { describe, expect, it } from "vitest";
import { parseWorldModelSpec } from "../../../src/app/branches/worldModelChoice.ts";

describe("the text of a world model behind a service", () => {
  it("names the API, the URL and the sizes, with those of CogVideoX where it does not say", () => {
    expect(parseWorldModelSpec("videos:http://host:8000/v1/?model=m&concurrency=4")).toMatchObject({
      kind: "videos",
      url: "http://host:8000/v1",
      model: "m",
      form: "job",
      size: { widthPx: 720, heightPx: 480 },
      frames: 49,
      control: "mp4",
      controlFrames: 49,
      object: "segment",
      concurrency: 4,
    });
    expect(parseWorldModelSpec("dream-http:http://host/dream?size=64x32&frames=8")).toMatchObject({
      kind: "dream-http",
      form: "sync",
      control: "png",
      controlSize: { widthPx: 64, heightPx: 32 },
      controlFrames: 8,
    });
  });

  it.each([
    ["no model", "videos:http://host/v1", /no model/],
    ["a size without height", "dream-http:http://host/d?size=64", /WIDTHxHEIGHT/],
    ["a side beyond reason", "dream-http:http://host/d?size=64x9999", /16 to 4096/],
    ["an unknown option", "videos:http://host/v1?model=m&colour=red", /each once of/],
    ["half a request at a time", "videos:http://host/v1?model=m&concurrency=0.5", /whole numbers/],
    [
      "a key in place of its variable's name",
      "videos:http://host/v1?model=m&key=sk-123",
      /variable/,
    ],
  ])("is refused with %s", (_, text, message) => {
    expect(() => parseWorldModelSpec(text)).toThrow(message);
  });

  it("repeats no credentials when it is refused", () => {
    for (const text of [
      "videos:http://user:passw0rd@host/v1?model=m",
      "dream-http:http://h/d?x=passw0rd",
    ]) {
      expect(() => parseWorldModelSpec(text)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining("passw0rd") as string }),
      );
    }
  });
});
