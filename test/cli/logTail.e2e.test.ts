import { once } from "node:events";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { expect, it } from "vitest";
import { fileURLToPath } from "node:url";
import { boxed, started } from "../store/sampleEvents.ts";
import { openForTest, temporaryPath } from "../store/temporaryLog.ts";

const dreamlog = fileURLToPath(new URL("../../src/cli/dreamlog.mjs", import.meta.url));

it("dreamlog log tail -f prints what another process appends, until Ctrl-C", async () => {
  const path = temporaryPath();
  const { log } = openForTest({ path });
  await log.append([started("a"), boxed("a", "before")]);
  const child = spawn(process.execPath, [dreamlog, "log", "tail", path, "-f", "-n", "1", "--json"]);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextId = async () =>
    (JSON.parse((await lines.next()).value as string) as { id: string }).id;

  expect(await nextId()).toBe("a/before");
  await log.append([boxed("a", "1"), boxed("a", "2")]);
  expect([await nextId(), await nextId()]).toEqual(["a/1", "a/2"]);
  await log.append([boxed("a", "3")]);
  expect(await nextId()).toBe("a/3");

  child.kill("SIGINT");
  const [code] = (await once(child, "exit")) as [number];
  expect(code).toBe(130);
});
