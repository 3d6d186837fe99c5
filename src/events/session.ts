import * as v from "valibot";
import { defineEvent } from "./eventDefinition.ts";
import { TaskSchema } from "./media.ts";

/**
 * The first event of every session. A branch names the session it forks from and the last event it
 * shares with it: by id, for positions depend on what else was written meanwhile.
 */
export const sessionStarted = defineEvent({
  type: "session.started",
  kind: "fact",
  schema: v.strictObject({
    /** What the session is for, such as `collect` or `evaluate`. */
    purpose: v.string(),
    task: v.nullable(TaskSchema),
    seed: v.string(),
    parent: v.nullable(v.strictObject({ session: v.string(), event: v.string() })),
    /** Settings the session ran under, JSON text with sorted keys. */
    settings: v.string(),
  }),
});

export const sessionClosed = defineEvent({
  type: "session.closed",
  kind: "fact",
  schema: v.strictObject({
    reason: v.picklist(["completed", "interrupted", "failed"]),
    note: v.string(),
  }),
});

/** The session needed a derivation that another had computed: its cause. Nothing was computed or copied. */
export const derivationReused = defineEvent({
  type: "session.derivationReused",
  kind: "fact",
  schema: v.strictObject({
    /** What the reused event is to this session, such as `candidate/3/dream`. */
    role: v.string(),
  }),
});
