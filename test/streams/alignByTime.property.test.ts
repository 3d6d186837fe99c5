import { fc, test } from "@fast-check/vitest";
import { expect, it } from "vitest";
import { shuffled, createRandom } from "../../src/core/random.ts";
import { TimeAligner, type Aligned } from "../../streams/alignByTime.ts";

const options = { leader: "camera", followers: ["right", "left"], toleranceUs: 10, patienceUs: 50 };

interface Message {
  readonly stream: string;
  readonly timeUs: number;
}

function align(messages: readonly Message[]): Aligned<number>[] {
  const aligner = new TimeAligner<number>(options);
  const answers = messages.flatMap(({ stream, timeUs }) => aligner.push(stream, timeUs, timeUs));
  return [...answers, ...aligner.finish()];
}

const messages = fc.array(
  fc.record({
    stream: fc.constantFrom("camera", "left", "right"),
    timeUs: fc.integer({ min: 0, max: 2000 }),
  }),
  { maxLength: 80 },
);

const byTime = (one: Message, other: Message) => one.timeUs - other.timeUs;

test.prop([messages])(
  "each message of the leader is answered once, by the nearest of all within the tolerance",
  (all) => {
    const answers = align([...all].sort(byTime));
    const times = all.filter(({ stream }) => stream === "camera").map(({ timeUs }) => timeUs);
    expect(answers.map(({ timeUs }) => timeUs)).toEqual(times.sort((a, b) => a - b));
    for (const { timeUs, followers, missing } of answers) {
      for (const name of ["left", "right"]) {
        const distances = all
          .filter(({ stream }) => stream === name)
          .map((message) => Math.abs(message.timeUs - timeUs));
        const least = Math.min(Infinity, ...distances);
        if (least > options.toleranceUs) expect(missing).toContain(name);
        else expect(Math.abs(followers.get(name)!.timeUs - timeUs)).toBe(least);
      }
    }
  },
);

test.prop([messages, fc.nat()])("delays within the patience change nothing", (all, seed) => {
  const distinct = [...new Map(all.map((each) => [`${each.stream}${each.timeUs}`, each])).values()];
  const random = createRandom(seed);
  const delayed = shuffled(distinct, random)
    .map((message) => ({ message, at: message.timeUs + random.index(options.patienceUs) }))
    .sort((one, other) => one.at - other.at)
    .map(({ message }) => message);
  expect(align(delayed)).toEqual(align(distinct.sort(byTime)));
});

it("takes the earlier of two that are equally near", () => {
  const [answer] = align([
    { stream: "left", timeUs: 95 },
    { stream: "camera", timeUs: 100 },
    { stream: "left", timeUs: 105 },
  ]);
  expect(answer!.followers.get("left")!.timeUs).toBe(95);
  expect(answer!.missing).toEqual(["right"]);
});
