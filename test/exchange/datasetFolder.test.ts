import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { openDatasetFolder, prepareDatasetFolder } from "../../src/exchange/datasetFolder.ts";
import { temporaryPath } from "../store/temporaryLog.ts";

describe("a data set's folder", () => {
  it.each(["../secret", "/etc/passwd", "a/../../b", "a\\..\\b", "C:/x", "", "a//b", "a\0b", "./a"])(
    "does not lead out of itself by the name %j",
    (name) => {
      expect(() => openDatasetFolder("/data").pathOf(name)).toThrow(
        expect.objectContaining({ code: "DATASET_INVALID" }),
      );
    },
  );

  test.prop([fc.string()])("keeps every name it takes inside", (name) => {
    let path: string;
    try {
      path = openDatasetFolder("/data/set").pathOf(name);
    } catch {
      return;
    }
    expect(path.startsWith("/data/set/")).toBe(true);
  });

  it("goes on in a folder of its own format and refuses any other", async () => {
    const root = temporaryPath("set");
    const folder = await prepareDatasetFolder(root, "trl");
    await folder.describe({ format: "trl", isComplete: false, facts: {} });
    await folder.write("images/a.jpg", new Uint8Array([1]));

    const again = await prepareDatasetFolder(root, "trl");
    expect(await again.has("images/a.jpg")).toBe(true);
    await expect(prepareDatasetFolder(root, "swift")).rejects.toMatchObject({
      code: "ARGUMENT_INVALID",
    });
  });

  it("refuses a folder with somebody else's files", async () => {
    const root = temporaryPath("set");
    await prepareDatasetFolder(root, "trl");
    writeFileSync(join(root, "thesis.tex"), "");
    await expect(prepareDatasetFolder(root, "trl")).rejects.toThrow(/other files/);
  });

  it("leaves no half file under a file's name", async () => {
    const root = temporaryPath("set");
    const folder = await prepareDatasetFolder(root, "trl");
    await folder.write("a.json", "{}");
    expect(readdirSync(root)).toEqual(["a.json"]);
    expect(existsSync(join(root, "a.json.partial"))).toBe(false);
  });
});
