import { defineConfig } from "vitest/config";

export default defineConfig({
  ssr: { resolve: { conditions: ["dreamlog-source"] } },
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: ["test/support/propertySeed.ts"],
    // Worker threads share the two cores with the tests' own workers and inference sessions.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
