import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { digestBytes } from "../../src/core/digest.ts";
import { chainDigestOf, genesisDigest, type ChainLink } from "../../store/chainDigest.ts";
import { ChainDigester } from "../../store/chainDigester.ts";

const digests = fc.nat({ max: 9 }).map((seed) => digestBytes(String(seed)));
/** With every count of digits, and near its limits. */
const times = fc
  .tuple(fc.nat({ max: 15 }), fc.constantFrom(-1, 0, 1))
  .map(([digits, offset]) => 10 ** digits + offset);

/** Of few sources, so that most of them come again. */
const links: fc.Arbitrary<ChainLink> = fc.record({
  previous: digests,
  session: fc.constantFrom("live/1", "沈/2"),
  seq: fc.oneof(fc.nat({ max: 120 }), fc.nat()),
  id: fc.constantFrom("a/1", "a/2", "a/11", "é/1", "b/δ"),
  type: fc.constantFrom("robot.commandSent", "robot.jointStatesMeasured"),
  version: fc.constantFrom(1, 2, 10),
  kind: fc.constant("fact"),
  sourceTimeUs: fc.oneof(times, fc.maxSafeInteger()),
  logTimeUs: fc.oneof(times, fc.constant(1.5)),
  producer: digests,
  seed: fc.option(fc.constantFrom("1", ""), { freq: 9, nil: null }),
  key: fc.option(digests, { freq: 9, nil: null }),
  payload: digests,
  content: digests,
  causes: fc.oneof(
    { weight: 9, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(digests) },
  ),
});

describe("the digester of a chain", () => {
  test.prop([fc.array(links, { minLength: 1, maxLength: 20 })])(
    "gives each link the digest that it has by itself",
    (some) => {
      const digester = new ChainDigester();

      expect(some.map((link) => digester.digestOf(link))).toEqual(some.map(chainDigestOf));
    },
  );

  it("gives it where more sources write than it remembers", () => {
    const digester = new ChainDigester();
    const some = Array.from({ length: 300 }, (_, seq): ChainLink => {
      const payload = digestBytes(String(seq));
      return {
        previous: genesisDigest,
        session: `live/${seq % 100}`,
        seq,
        id: `state/${seq}`,
        type: "robot.jointStatesMeasured",
        version: 1,
        kind: "fact",
        sourceTimeUs: seq,
        logTimeUs: seq,
        producer: genesisDigest,
        seed: null,
        key: null,
        payload,
        content: payload,
        causes: [],
      };
    });

    expect(some.map((link) => digester.digestOf(link))).toEqual(some.map(chainDigestOf));
  });
});
