import { fc, test } from "@fast-check/vitest";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { verifyLog } from "../../src/app/verifyLog.ts";
import { ManualClock } from "../../src/core/clock.ts";
import type { NewEvent, StoredEvent } from "../../src/events/envelope.ts";
import { createMemoryLog, openLog, type OpenLog } from "../../store/openLog.ts";
import { absentBlob, boxed, closed, imported, sampled, started } from "./sampleEvents.ts";
import { createFolder } from "./temporaryLog.ts";

/** What a log should hold, as plainly as it can be said. */
interface Model {
  readonly events: StoredEvent[];
  readonly sessions: Map<string, { readonly parent: string | null; readonly fork: number }>;
  readonly closed: Set<string>;
  readonly blobs: Set<string>;
}

/** The two logs under test; the SQLite file is opened anew now and then. */
interface Logs {
  readonly path: string;
  sqlite: OpenLog;
  readonly memory: OpenLog;
}

type Step = fc.AsyncCommand<Model, Logs>;

const sessionNames = ["alpha", "beta", "gamma/δ", "🪢"] as const;
const clock = new ManualClock(7);

function eventsOf(model: Model, session: string, uptoPosition = Infinity): StoredEvent[] {
  const { parent, fork } = model.sessions.get(session)!;
  const own = model.events.filter((event) => event.session === session);
  const shared = parent === null ? [] : eventsOf(model, parent, fork);
  return [...shared, ...own].filter(({ position }) => position <= uptoPosition);
}

/** Appends to both logs and holds what they answer against each other and the model. */
async function appendToBoth(model: Model, logs: Logs, events: readonly NewEvent[]): Promise<void> {
  const stored = await logs.sqlite.log.append(events);
  expect(await logs.memory.log.append(events)).toEqual(stored);
  expect(stored.map(({ id }) => id)).toEqual(events.map(({ id }) => id));
  for (const event of stored) {
    expect(event.position).toBe(model.events.length + 1);
    model.events.push(event);
  }
}

async function refusedByBoth(
  model: Model,
  logs: Logs,
  events: readonly NewEvent[],
  code: string,
): Promise<void> {
  for (const { log } of [logs.sqlite, logs.memory]) {
    await expect(log.append(events)).rejects.toMatchObject({ code });
    expect(await log.lastPosition()).toBe(model.events.length);
  }
}

/** A step that needs an open session. */
abstract class SessionStep implements Step {
  protected readonly session: string;
  protected readonly pick: number;
  protected readonly log: string;

  constructor(session: string, pick: number) {
    this.session = session;
    this.pick = pick;
    this.log = `${this.constructor.name}(${session}, ${pick})`;
  }

  check(model: Readonly<Model>): boolean {
    return model.sessions.has(this.session) && !model.closed.has(this.session);
  }

  abstract run(model: Model, logs: Logs): Promise<void>;

  toString(): string {
    return this.log;
  }

  protected name(model: Model): string {
    return `event ${model.events.length}`;
  }

  protected anyEvent(model: Model): StoredEvent {
    return model.events[this.pick % model.events.length]!;
  }
}

class StartRoot extends SessionStep {
  override check(model: Readonly<Model>) {
    return !model.sessions.has(this.session);
  }
  override async run(model: Model, logs: Logs) {
    await appendToBoth(model, logs, [started(this.session)]);
    model.sessions.set(this.session, { parent: null, fork: 0 });
  }
}

class StartBranch extends SessionStep {
  override check(model: Readonly<Model>) {
    return !model.sessions.has(this.session) && model.sessions.size > 0;
  }
  override async run(model: Model, logs: Logs) {
    const parents = [...model.sessions.keys()];
    const parent = parents[this.pick % parents.length]!;
    const shared = eventsOf(model, parent);
    const fork = shared[this.pick % shared.length]!;
    await appendToBoth(model, logs, [started(this.session, { session: parent, event: fork.id })]);
    model.sessions.set(this.session, { parent, fork: fork.position });
    expect(model.events.at(-1)!.seq).toBe(eventsOf(model, this.session).length - 1);
  }
}

class AppendFacts extends SessionStep {
  override async run(model: Model, logs: Logs) {
    const causes = [this.anyEvent(model).position];
    const count = 1 + (this.pick % 3);
    const facts = Array.from({ length: count }, (_, at) =>
      boxed(this.session, `${this.name(model)}.${at}`, this.pick, { causes }),
    );
    const expectedSeq = eventsOf(model, this.session).length;
    await appendToBoth(model, logs, facts);
    expect(model.events.at(-count)!.seq).toBe(expectedSeq);
  }
}

class AppendDerived extends SessionStep {
  override async run(model: Model, logs: Logs) {
    const derivation = sampled(this.session, this.name(model), [this.anyEvent(model)], "seed");
    const before = model.events.find(({ key }) => key === derivation.key);
    for (const { log } of [logs.sqlite, logs.memory])
      expect(await log.findByKey(derivation.key!)).toEqual(before);
    await appendToBoth(model, logs, [derivation]);
    for (const { log } of [logs.sqlite, logs.memory])
      expect(await log.findByKey(derivation.key!)).toEqual(before ?? model.events.at(-1));
  }
}

class AppendBlob extends SessionStep {
  override async run(model: Model, logs: Logs) {
    const bytes = Uint8Array.of(this.pick % 5, 1, 2);
    const ref = await logs.sqlite.blobs.put(bytes, "application/octet-stream");
    expect(await logs.memory.blobs.put(bytes, "application/octet-stream")).toEqual(ref);
    await appendToBoth(model, logs, [imported(this.session, this.name(model), ref)]);
    model.blobs.add(ref.digest);
    for (const { blobs } of [logs.sqlite, logs.memory])
      expect(Uint8Array.from(await blobs.get(ref.digest))).toEqual(bytes);
  }
}

class Close extends SessionStep {
  override async run(model: Model, logs: Logs) {
    await appendToBoth(model, logs, [closed(this.session)]);
    model.closed.add(this.session);
  }
}

class AppendToClosed extends SessionStep {
  override check(model: Readonly<Model>) {
    return model.closed.has(this.session);
  }
  override async run(model: Model, logs: Logs) {
    await refusedByBoth(model, logs, [boxed(this.session, "late")], "SESSION_CLOSED");
  }
}

class RepeatStored extends SessionStep {
  override check(model: Readonly<Model>) {
    return model.events.length > 0;
  }
  override async run(model: Model, logs: Logs) {
    const stored = this.anyEvent(model);
    for (const { log } of [logs.sqlite, logs.memory]) {
      expect(await log.append([stored, stored])).toEqual([stored, stored]);
      expect(await log.lastPosition()).toBe(model.events.length);
    }
  }
}

class RepeatChanged extends SessionStep {
  override check(model: Readonly<Model>) {
    return model.events.length > 0;
  }
  override async run(model: Model, logs: Logs) {
    const stored = this.anyEvent(model);
    const changed = { ...stored, sourceTimeUs: stored.sourceTimeUs + 1 };
    await refusedByBoth(model, logs, [changed], "EVENT_CONFLICT");
  }
}

class AppendHalfBad extends SessionStep {
  override async run(model: Model, logs: Logs) {
    const good = boxed(this.session, "never stored");
    const bad = imported(this.session, "bad", absentBlob);
    await refusedByBoth(model, logs, [good, bad], "BLOB_MISSING");
  }
}

class AppendOutOfTurn extends SessionStep {
  override async run(model: Model, logs: Logs) {
    const found = eventsOf(model, this.session).length;
    const expected = found + 1 + (this.pick % 3);
    for (const { log } of [logs.sqlite, logs.memory]) {
      await expect(
        log.append([boxed(this.session, "never stored")], { expectedSeq: expected }),
      ).rejects.toMatchObject({ code: "SEQ_CONFLICT", context: { expected, found } });
    }
  }
}

class ReadSession extends SessionStep {
  override check(model: Readonly<Model>) {
    return model.sessions.has(this.session);
  }
  override async run(model: Model, logs: Logs) {
    const limit = 1 + (this.pick % 4);
    const uptoPosition = 1 + (this.pick % model.events.length);
    for (const { log } of [logs.sqlite, logs.memory]) {
      const paged: StoredEvent[] = [];
      for (let afterPosition = 0; ;) {
        const page = await log.read({ session: this.session, afterPosition, uptoPosition, limit });
        if (page.length === 0) break;
        paged.push(...page);
        afterPosition = page.at(-1)!.position;
      }
      expect(paged).toEqual(eventsOf(model, this.session, uptoPosition));
    }
  }
}

class Reopen extends SessionStep {
  override check() {
    return true;
  }
  override async run(_model: Model, logs: Logs) {
    await logs.sqlite.close();
    logs.sqlite = openLog({ path: logs.path, clock });
  }
}

const kinds = [
  StartRoot,
  StartBranch,
  AppendFacts,
  AppendDerived,
  AppendBlob,
  Close,
  AppendToClosed,
  RepeatStored,
  RepeatChanged,
  AppendHalfBad,
  AppendOutOfTurn,
  ReadSession,
  Reopen,
];
const steps = kinds.map((Kind) =>
  fc
    .tuple(fc.constantFrom(...sessionNames), fc.nat(60))
    .map(([session, pick]): Step => new Kind(session, pick)),
);

describe("event logs against a plain-array model", () => {
  test.prop([fc.commands(steps, { maxCommands: 60 })], { numRuns: 60 })(
    "both logs hold what the model holds, answer alike and end with the same head",
    async (commands) => {
      const folder = createFolder();
      const path = join(folder.path, "model.log");
      const logs: Logs = {
        path,
        sqlite: openLog({ path, clock }),
        memory: createMemoryLog({ clock }),
      };
      try {
        const model: Model = {
          events: [],
          sessions: new Map(),
          closed: new Set(),
          blobs: new Set(),
        };
        await fc.asyncModelRun(() => ({ model, real: logs }), commands);

        for (const { log, tables } of [logs.sqlite, logs.memory]) {
          expect(await log.read({})).toEqual(model.events);
          expect(verifyLog(tables)).toEqual({
            isSound: true,
            events: model.events.length,
            blobs: model.blobs.size,
            problems: [],
          });
        }
        expect(await logs.sqlite.log.head()).toBe(await logs.memory.log.head());
        expect(await logs.sqlite.log.sessions()).toEqual(await logs.memory.log.sessions());
        expect(await logs.sqlite.log.stats()).toEqual(await logs.memory.log.stats());
      } finally {
        await logs.sqlite.close();
        folder.remove();
      }
    },
  );
});
