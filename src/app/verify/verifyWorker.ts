import { createSystemClock } from "../../core/clock.ts";
import type { CreateHandler } from "../../workers/serve.ts";
import { openLog } from "../../../store/openLog.ts";
import { verifyPart, type PartFindings, type VerifyPart } from "./verifyPart.ts";

/** Runs in a thread of `verifyLogFile`, on a connection of its own. */
export const createHandler: CreateHandler<{ readonly path: string }, VerifyPart, PartFindings> = ({
  path,
}) => {
  const { tables } = openLog({ path, clock: createSystemClock(), mode: "readonly" });
  return Promise.resolve((part: VerifyPart) =>
    Promise.resolve({ result: verifyPart(tables, part) }),
  );
};
