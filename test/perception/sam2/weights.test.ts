import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { encodeTinySam2 } from "../../../fixtures/tinySam2.ts";
import { digestBytes } from "../../../src/core/digest.ts";
import { loadSam2 } from "../../../src/perception/sam2/loadSam2.ts";
import {
  constantsFile,
  sam2LayoutNames,
  type GraphContract,
  type GraphPort,
  type Sam2Layout,
} from "../../../src/perception/sam2/sam2Layouts.ts";
import { openWeightFolder } from "../../../src/perception/sam2/weightFolder.ts";
import { alteredGraph, alteredModel, boxPrompting, constantBody, tinyFolder } from "./tinyModels.ts"; // prettier-ignore

const options = { prompting: boxPrompting, threads: 1 };
const load = async (folder: string, layout?: Sam2Layout) =>
  loadSam2(await openWeightFolder(folder, layout), options);

describe("the files of a SAM2 model", () => {
  it.each(sam2LayoutNames)("are the ones the committed script makes: %s", (layout) => {
    const folder = tinyFolder(layout);
    const made = encodeTinySam2(layout);
    expect(readdirSync(folder).sort()).toEqual([...made.keys()].sort());
    const table = readFileSync(join(folder, "../../README.md"), "utf8");
    for (const [name, bytes] of made) {
      expect(digestBytes(readFileSync(join(folder, name)))).toBe(digestBytes(bytes));
      expect(table).toContain(`\`sam2/${layout}/${name}\``);
      expect(table).toContain(digestBytes(bytes));
    }
  });

  it.each(sam2LayoutNames)("tell their layout by their names: %s", async (layout) => {
    expect((await openWeightFolder(tinyFolder(layout))).layout).toBe(layout);
  });

  it("have one digest, which a shell computes as well", async () => {
    const { digest, files } = await openWeightFolder(tinyFolder("square-zero"));
    const script = `sha256sum ${files.map(({ name }) => name).join(" ")} | sha256sum`;
    const printed = execFileSync("sh", ["-c", script], { cwd: tinyFolder("square-zero") });
    expect(printed.toString().split(" ")[0]).toBe(digest);
  });

  it("may carry a model's name, and lie in onnx", async () => {
    const tiny = encodeTinySam2("samexporter");
    const folder = alteredModel("samexporter", {
      "encoder.onnx": null,
      "decoder.onnx": null,
      "onnx/sam2.1_hiera_tiny.encoder.onnx": tiny.get("encoder.onnx")!,
      "onnx/sam2.1_hiera_tiny.decoder.onnx": tiny.get("decoder.onnx")!,
    });
    await (await load(folder)).release();
  });

  it("count into the digest with the weights that lie beside them", async () => {
    const plain = await openWeightFolder(alteredModel("nvidia", {}));
    const beside = alteredModel("nvidia", { "image_encoder.onnx_data": Uint8Array.of(1) });
    expect((await openWeightFolder(beside)).digest).not.toBe(plain.digest);
  });
});

/** A contract with one port otherwise. */
const withPort =
  (name: string, change: (port: GraphPort) => GraphPort) =>
  ({ inputs, outputs }: GraphContract): GraphContract => {
    const changed = (ports: readonly GraphPort[]) =>
      ports.map((port) => (port.name === name ? change(port) : port));
    return { inputs: changed(inputs), outputs: changed(outputs) };
  };

describe("a model that is not one of its layout", () => {
  const body = constantBody(0);
  const renamed = alteredGraph("samexporter", "encoder", {
    contract: withPort("image", (port) => ({ ...port, name: "pixels" })),
    body,
  });
  const small = alteredGraph("samexporter", "encoder", {
    contract: withPort("image", (port) => ({ ...port, shape: [1, 3, 512, 512] })),
    body,
  });
  const oneMask = alteredGraph("samexporter", "decoder", {
    contract: withPort("masks", (port) => ({ ...port, shape: ["labels", 1, 256, 256] })),
    body,
  });
  const wholeLabels = alteredGraph("samexporter", "decoder", {
    contract: withPort("point_labels", (port) => ({ ...port, type: "int32" })),
    body,
  });

  it.each<[string, string, string, RegExp]>([
    ["a missing file", "nvidia", alteredModel("nvidia", { "memory_encoder.onnx": null }), /expected memory_encoder\.onnx in .* found image_encoder\.onnx/], // prettier-ignore
    ["two models in a folder", "samexporter", alteredModel("samexporter", { "large.encoder.onnx": small }), /one file whose name ends in encoder\.onnx/], // prettier-ignore
    [
      "no model at all",
      "",
      join(tinyFolder("nvidia"), "../.."),
      /files of one layout of samexporter/,
    ],
    ["no folder", "", "/nowhere/models", /found none at \/nowhere\/models/],
    ["half a file", "samexporter", alteredModel("samexporter", { "encoder.onnx": small.slice(0, 99) }), /cannot load/], // prettier-ignore
    ["another input's name", "samexporter", alteredModel("samexporter", { "encoder.onnx": renamed }), /no input image float32\[1, 3, 1024, 1024\]; an input pixels/], // prettier-ignore
    ["another input's size", "samexporter", alteredModel("samexporter", { "encoder.onnx": small }), /image float32\[1, 3, 512, 512\] in place of/], // prettier-ignore
    ["fewer masks", "samexporter", alteredModel("samexporter", { "decoder.onnx": oneMask }), /masks float32\[\w+, 1, 256, 256\] in place of/], // prettier-ignore
    ["another type", "samexporter", alteredModel("samexporter", { "decoder.onnx": wholeLabels }), /point_labels int32\[.*\] in place of/], // prettier-ignore
    ["a table of codes cut short", "square-zero", alteredModel("square-zero", { [constantsFile]: new TextEncoder().encode("{}") }), /7 rows of 64 numbers, found 0 rows/], // prettier-ignore
    ["constants that are no JSON", "square-zero", alteredModel("square-zero", { [constantsFile]: Uint8Array.of(7) }), /7 rows of 64 numbers, found SyntaxError/], // prettier-ignore
  ])("is refused with what was expected and found: %s", async (_, layout, folder, message) => {
    const loading = load(folder, layout === "" ? undefined : (layout as Sam2Layout));
    await expect(loading).rejects.toMatchObject({
      code: "CHECKPOINT_INVALID",
      message: expect.stringMatching(message) as string,
    });
  });

  it("is refused as another layout than its files are", async () => {
    await expect(load(tinyFolder("nvidia"), "square-zero")).rejects.toMatchObject({
      code: "CHECKPOINT_INVALID",
      message: expect.stringContaining("expected vision_encoder.onnx") as string,
    });
  });
});
