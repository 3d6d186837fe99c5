#!/usr/bin/env node
// Starts the command line: from TypeScript in a checkout, from dist in an installed package.
import { existsSync } from "node:fs";

const source = new URL("./main.ts", import.meta.url);
if (existsSync(source)) {
  const { importable } = await import("../workers/importSource.mjs");
  const [main] = await importable([source.href]);
  await import(main);
} else {
  await import(new URL("../../dist/src/cli/main.js", import.meta.url).href);
}
