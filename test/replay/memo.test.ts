import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ruleOf } from "../../src/app/derivations/registry.ts";
import { createLogVerifier } from "../../src/app/logVerifier.ts";
import type { Digest } from "../../src/core/digest.ts";
import { contentDigestOf, encodePayload } from "../../src/events/codec.ts";
import { derivationKey, type StoredEvent } from "../../src/events/envelope.ts";
import { parsePayload } from "../../src/events/eventDefinition.ts";
import type { OpenLog } from "../../store/openLog.ts";
import { goldenCopy, openCopy } from "./goldenCopies.ts";

let golden: Awaited<ReturnType<typeof goldenCopy>>;
let open: OpenLog;
let derived: readonly StoredEvent[];

beforeAll(async () => {
  golden = await goldenCopy("toy");
  open = openCopy(golden.path);
  derived = (await open.log.read({ limit: 10_000 })).filter(({ kind }) => kind === "derived");
});

afterAll(async () => {
  await open.close();
  golden.remove();
});

async function causesOf(event: StoredEvent): Promise<readonly StoredEvent[]> {
  return Promise.all(event.causes.map(async (position) => (await open.log.get(position))!));
}

const otherDigest = "0".repeat(64) as Digest;

describe("the memo is sound", () => {
  it("for any one change of producer version, configuration, model, fingerprint, seed or cause changes the key", async () => {
    for (const event of derived) {
      const causes = await causesOf(event);
      const step = { ...event, causes };
      const { producer, version, seed } = event;
      expect(derivationKey(step)).toBe(event.key);
      const changed = [
        { ...step, version: version + 1 },
        { ...step, seed: `${seed}.` },
        ...[
          { version: producer.version + 1 },
          { config: { ...producer.config, further: 1 } },
          { model: otherDigest },
          { fingerprint: "another" },
        ].map((change) => ({ ...step, producer: { ...producer, ...change } })),
        ...causes.map((_, other) => ({
          ...step,
          causes: causes.map((cause, at) =>
            at === other ? { ...cause, contentDigest: otherDigest } : cause,
          ),
        })),
        { ...step, causes: causes.slice(1) },
      ];
      const keys = new Set([event.key, ...changed.map(derivationKey)]);
      expect([event.id, keys.size]).toEqual([event.id, changed.length + 1]);
    }
  });

  it("for equal keys give equal content: what a key names comes out the same each time", async () => {
    const verifier = createLogVerifier(open);
    const { tools } = verifier;
    for (const event of derived) {
      const rule = ruleOf(event.type, event.producer.component)!;
      const step = { ...event, causes: await causesOf(event) };
      // Together and one after the other, as a batch and as a resumed session would.
      const payloads = [
        ...(await rule.compute([step, step], tools)),
        ...(await rule.compute([step], tools)),
      ].map((payload) => parsePayload(rule.definition, payload));
      const digests = payloads.map((payload) => contentDigestOf(payload, encodePayload(payload)));
      expect([event.id, new Set(digests).size]).toEqual([event.id, 1]);
    }
    await verifier.close();
  });
});
