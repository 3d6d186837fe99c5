import { vi } from "vitest";

/** What a piece of code wrote to the process's streams. */
export interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `work` with the process's streams caught instead of shown. */
export async function captureOutput<Result>(
  work: () => Promise<Result>,
): Promise<Output & { readonly result: Result }> {
  const caught = { stdout: "", stderr: "" };
  const spies = (["stdout", "stderr"] as const).map((name) =>
    vi.spyOn(process[name], "write").mockImplementation((chunk) => {
      caught[name] += String(chunk);
      return true;
    }),
  );
  // The test runner's console does not write to the process's streams.
  const consoleSpies = [
    vi.spyOn(console, "log").mockImplementation((line) => void (caught.stdout += `${line}\n`)),
    vi.spyOn(console, "error").mockImplementation((line) => void (caught.stderr += `${line}\n`)),
  ];
  try {
    return { result: await work(), ...caught };
  } finally {
    for (const spy of [...spies, ...consoleSpies]) spy.mockRestore();
  }
}
