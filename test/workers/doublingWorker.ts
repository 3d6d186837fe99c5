import { DreamlogError } from "../../src/core/errors.ts";
import type { CreateHandler } from "../../src/workers/serve.ts";

export const createHandler: CreateHandler<{ readonly factor: number }, number, number> = ({
  factor,
}) =>
  Promise.resolve((job, report) => {
    report(job);
    if (job < 0) throw new DreamlogError("ARGUMENT_INVALID", "expected job ≥ 0", { job });
    return Promise.resolve({ result: job * factor });
  });
