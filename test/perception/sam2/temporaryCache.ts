import { beforeAll } from "vitest";
import { createFolder } from "../../store/temporaryLog.ts";

/** Weights that a file's tests load are linked into a cache of their own, which goes with them. */
export function useTemporaryCache(): void {
  beforeAll(() => {
    const cache = createFolder();
    process.env["DREAMLOG_CACHE"] = cache.path;
    return () => {
      delete process.env["DREAMLOG_CACHE"];
      cache.remove();
    };
  });
}
