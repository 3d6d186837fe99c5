import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";

const onLinux = process.platform === "linux";

/** Runs in a process of its own: no test may put the others behind itself. */
function runAlone(program: string): { readonly priority: string; readonly policies: string[] } {
  const source = `
    import { readdirSync, readFileSync } from "node:fs";
    import { Worker } from "node:worker_threads";
    import { takeRealTime } from "./src/cli/realTime.ts";
    const priority = takeRealTime(${JSON.stringify(program)});
    const worker = new Worker("setTimeout(() => undefined, 60000)", { eval: true });
    worker.on("online", () => {
      const policies = readdirSync("/proc/self/task").map((id) => {
        const stat = readFileSync("/proc/self/task/" + id + "/stat", "latin1");
        return (id === String(process.pid) ? "main " : "") + stat.slice(stat.lastIndexOf(")") + 2).split(" ")[38];
      });
      console.log(JSON.stringify({ priority, policies }));
      process.exit(0);
    });
  `;
  const words = ["--import", "tsx", "--input-type=module", "--eval", source];
  return JSON.parse(execFileSync(process.execPath, words, { encoding: "utf8" })) as never;
}

describe.skipIf(!onLinux)("taking real-time priority", () => {
  it("says what the main thread got, and leaves every other thread as it was", () => {
    const { priority, policies } = runAlone("chrt");
    // Whoever may not take it is told so.
    expect(policies).toContain(priority === "real-time" ? "main 2" : "main 0");
    expect(policies.length).toBeGreaterThan(2);
    for (const policy of policies.filter((one) => !one.startsWith("main"))) {
      expect(policy).toBe("0");
    }
  });

  it("stays usual where there is no program for it", () => {
    expect(runAlone("no-such-program")).toMatchObject({ priority: "usual" });
  });
});
