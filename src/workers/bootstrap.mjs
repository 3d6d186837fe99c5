// First code of every worker thread: makes TypeScript importable in a checkout, then loads the module
// that does the work. Worker threads do not inherit the launcher's loader.
import { workerData } from "node:worker_threads";

const { module } = workerData;
if (module.endsWith(".ts")) {
  const { importable } = await import("./importSource.mjs");
  const serveSource = new URL("./serve.ts", import.meta.url).href;
  const [serving, working] = await importable([serveSource, module]);
  const { serve } = await import(serving);
  await serve({ ...workerData, module: working });
} else {
  const { serve } = await import(new URL("./serve.js", import.meta.url).href);
  await serve(workerData);
}
