import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { Digest } from "../../../src/core/digest.ts";
import { downloadWeights } from "../../../src/perception/sam2/downloadWeights.ts";
import { weightCacheFolder } from "../../../src/perception/sam2/weightCache.ts";
import { openWeightFolder } from "../../../src/perception/sam2/weightFolder.ts";
import { createFolder } from "../../store/temporaryLog.ts";
import { tinyFolder } from "./tinyModels.ts";

let cache: ReturnType<typeof createFolder>;
beforeEach(() => {
  cache = createFolder();
  process.env["DREAMLOG_CACHE"] = cache.path;
});
afterEach(() => {
  delete process.env["DREAMLOG_CACHE"];
  cache.remove();
});

/** Serves the files of a tiny model; `isBroken` ends each answer half way. */
async function serve(layout: "nvidia" | "square-zero", isBroken = false) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const name = (request.url ?? "").replace(/^\/models\/(onnx\/)?/, "");
    asked.push(request.url ?? "");
    const path = join(tinyFolder(layout), name);
    if (!existsSync(path)) {
      response.writeHead(404).end();
      return;
    }
    const bytes = readFileSync(path);
    response.writeHead(200, { "content-length": bytes.length });
    if (!isBroken) {
      response.end(bytes);
      return;
    }
    response.write(bytes.subarray(0, 100), () => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/models/`, asked };
}

const silent = { onDownloaded: () => undefined };
const digestOf = async (layout: "nvidia" | "square-zero") =>
  (await openWeightFolder(tinyFolder(layout))).digest;

describe("weights by URL", () => {
  it("come with progress, are verified, and are not fetched twice", async () => {
    const { url, asked } = await serve("square-zero");
    const digest = await digestOf("square-zero");
    let bytes = 0;
    const source = { url, layout: "square-zero", digest } as const;
    const weights = await downloadWeights(source, {
      onDownloaded: (_, count) => (bytes += count),
    });
    expect(weights.digest).toBe(digest);
    expect(bytes).toBeGreaterThan(10_000);
    expect(asked).toContain("/models/onnx/pointer_tpos.onnx");
    const askedOnce = asked.length;
    await downloadWeights(source, silent);
    expect(asked).toHaveLength(askedOnce);
  });

  it("are thrown away when they are others than those named", async () => {
    const { url } = await serve("nvidia");
    const digest = "0".repeat(64) as Digest;
    const source = { url, layout: "nvidia", digest } as const;
    await expect(downloadWeights(source, silent)).rejects.toMatchObject({
      code: "CHECKPOINT_INVALID",
      context: { expected: digest, found: await digestOf("nvidia") },
    });
    expect(readdirSync(weightCacheFolder())).toEqual([]);
  });

  it("are told from files that a server does not have", async () => {
    const { url } = await serve("nvidia");
    const digest = await digestOf("square-zero");
    const source = { url, layout: "square-zero", digest } as const;
    await expect(downloadWeights(source, silent)).rejects.toMatchObject({
      code: "REMOTE_REFUSED",
      message: expect.stringContaining("status 404") as string,
    });
  });

  it.each([
    ["breaks off", async () => (await serve("nvidia", true)).url],
    ["is not there", () => Promise.resolve("http://127.0.0.1:9/models/")],
  ])("leave nothing behind when the server %s", async (_, start) => {
    const source = { url: await start(), layout: "nvidia", digest: await digestOf("nvidia") } as const; // prettier-ignore
    await expect(downloadWeights(source, silent)).rejects.toMatchObject({
      code: "REMOTE_UNAVAILABLE",
    });
    expect(readdirSync(weightCacheFolder())).toEqual([]);
  });
});
