// First code of every worker thread: makes TypeScript importable in a checkout, then loads the module
// that does the work. Worker threads do not inherit the launcher's loader.
import { workerData } from "node:worker_threads";

const isCheckout = workerData.module.endsWith(".ts");
if (isCheckout) {
  const { register } = await import("tsx/esm/api");
  register();
}
const { serve } = await import(
  new URL(isCheckout ? "./serve.ts" : "./serve.js", import.meta.url).href
);
await serve(workerData);
