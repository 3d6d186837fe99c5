import * as v from "valibot";
import type { Task } from "../../core/cell.ts";
import { digestBytes } from "../../core/digest.ts";
import { DreamlogError } from "../../core/errors.ts";
import { createRgbImage, type RgbImage } from "../../core/image.ts";
import { cameraCalibrated } from "../../events/environment.ts";
import { keypointsSampled, marksDrawn } from "../../events/perception.ts";
import { promptComposed } from "../../events/planning.ts";
import type { StoredEvent } from "../../events/envelope.ts";
import type { EventDefinition, PayloadOf } from "../../events/eventDefinition.ts";
import { decodeImage } from "../../media/imageFormat.ts";
import { formatAction } from "../../planning/actionGrammar.ts";
import type { EventLog } from "../../ports/eventLog.ts";
import type { Judge } from "../../ports/judge.ts";
import type { Planner } from "../../ports/planner.ts";
import { isA } from "../derivations/rule.ts";
import { judgedScale } from "../derivations/composeJudgeQuestion.ts";

/** What answers in place of a vision-language model. */
export interface StandInModels {
  /** Where the pictures of planning questions are looked up: the planner reads keypoints, not pixels. */
  readonly log: EventLog;
  readonly planner: Planner;
  readonly judge: Judge;
}

interface Answer {
  readonly text: string;
  readonly logProbability: number | null;
}

const imagePart = v.object({
  type: v.literal("image_url"),
  image_url: v.object({ url: v.pipe(v.string(), v.startsWith("data:image/")) }),
});
const textPart = v.object({ type: v.literal("text"), text: v.string() });
const requestSchema = v.object({
  model: v.string(),
  messages: v.tuple([
    v.object({
      role: v.literal("user"),
      content: v.array(v.variant("type", [imagePart, textPart])),
    }),
  ]),
  n: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 1),
  seed: v.optional(v.number(), 0),
  logprobs: v.optional(v.boolean(), false),
});

/**
 * Answers a chat completion with the embedded models.
 *
 * @returns the response body, as an OpenAI-compatible server gives it.
 * @throws {DreamlogError} `ARGUMENT_INVALID` for a request that is none of dreamlog's questions.
 */
export async function answerChat(models: StandInModels, body: unknown): Promise<object> {
  const parsed = v.safeParse(requestSchema, body);
  if (!parsed.success) throw notUnderstood(parsed.issues[0].message);
  const { model, messages, n, seed, logprobs } = parsed.output;
  const { content } = messages[0];
  const pictures = content.flatMap((part) =>
    part.type === "image_url" ? [bytesOf(part.image_url.url)] : [],
  );
  const prompt = content.flatMap((part) => (part.type === "text" ? [part.text] : [])).at(-1) ?? "";
  const answers =
    content[0]?.type === "image_url"
      ? await answerPlan(models, pictures, n, seed)
      : repeated(await answerJudgement(models.judge, prompt, pictures), n);
  return {
    id: "chatcmpl-stand-in",
    object: "chat.completion",
    model,
    choices: answers.map(({ text, logProbability }, index) => ({
      index,
      message: { role: "assistant", content: text },
      finish_reason: "stop",
      logprobs:
        logprobs && logProbability !== null
          ? { content: [{ token: text, logprob: logProbability, top_logprobs: [] }] }
          : null,
    })),
    usage: { prompt_tokens: 256 * pictures.length, completion_tokens: 16 * answers.length },
  };
}

async function answerPlan(
  { log, planner }: StandInModels,
  pictures: readonly Uint8Array[],
  candidateCount: number,
  seed: number,
): Promise<readonly Answer[]> {
  const [current, goal] = await Promise.all(
    pictures.map((bytes) => keypointsIn(log, digestBytes(bytes))),
  );
  if (current === undefined || goal === undefined) throw notUnderstood("less than two pictures");
  const asked = (await log.effectsOf(current.position)).find((event) => isA(event, promptComposed));
  const camera = await inSessionOf(log, current, cameraCalibrated);
  if (asked === undefined || camera === undefined) throw notUnderstood("pictures without a prompt");
  const candidates = await planner.propose({
    task: asked.payload.task,
    camera: camera.payload,
    current: current.payload.points,
    goal: goal.payload.points,
    candidateCount,
    seed: String(seed),
  });
  return candidates.map(({ action, logProbability }) => ({
    text: formatAction(action),
    logProbability,
  }));
}

/** The keypoints that are drawn on a picture of the log. */
async function keypointsIn(
  log: EventLog,
  picture: string,
): Promise<StoredEvent<PayloadOf<typeof keypointsSampled>>> {
  for (let afterPosition = 0; ;) {
    const page = await log.read({ types: [marksDrawn.type], afterPosition });
    for (const event of page) {
      if (!isA(event, marksDrawn) || event.payload.image.blob.digest !== picture) continue;
      const keypoints = await log.get(event.causes[1]!);
      if (keypoints !== undefined && isA(keypoints, keypointsSampled)) return keypoints;
    }
    const last = page.at(-1);
    if (last === undefined) throw notUnderstood("a picture that is not in the log");
    afterPosition = last.position;
  }
}

async function inSessionOf<Definition extends EventDefinition>(
  log: EventLog,
  { session }: StoredEvent,
  definition: Definition,
): Promise<StoredEvent<PayloadOf<Definition>> | undefined> {
  const [event] = await log.read({ session, types: [definition.type], limit: 1 });
  return event !== undefined && isA(event, definition) ? event : undefined;
}

/** Distance that the rubric's full and half score end at, metres. */
const rubricDistancesM = { full: 0.02, half: 0.05 } as const;

async function answerJudgement(
  judge: Judge,
  prompt: string,
  pictures: readonly Uint8Array[],
): Promise<Answer> {
  const [goal, ...dreams] = await Promise.all(pictures.map(crop));
  if (goal === undefined || dreams.length === 0) throw notUnderstood("no pictures to compare");
  const clips = dreams.map(({ widthPx, heightPx, pixels }) => ({
    widthPx,
    heightPx,
    fps: 1,
    frames: [pixels],
  }));
  const { ranking, distances } = await judge.rank({ task: taskIn(prompt), goal, dreams: clips });
  const text = prompt.includes("Final Score")
    ? `Final Score: ${scoreOf(distances[0]!)}`
    : prompt.includes('"closer"')
      ? JSON.stringify({ closer: ranking[0] === 0 ? "A" : "B" })
      : JSON.stringify({ ranking });
  return { text, logProbability: null };
}

function scoreOf(distanceM: number): number {
  if (distanceM <= rubricDistancesM.full) return 1;
  return distanceM <= rubricDistancesM.half ? 0.5 : 0;
}

function taskIn(prompt: string): Task {
  return prompt.includes("a rope on") ? "rope" : prompt.includes("a cloth on") ? "cloth" : "toy";
}

/** A crop as it was before it was enlarged for the question. */
async function crop(bytes: Uint8Array): Promise<RgbImage> {
  const { widthPx, heightPx, pixels } = await decodeImage(bytes);
  const small = createRgbImage(widthPx / judgedScale, heightPx / judgedScale);
  for (let y = 0; y < small.heightPx; y++) {
    for (let x = 0; x < small.widthPx; x++) {
      const from = 3 * judgedScale * (y * widthPx + x);
      small.pixels.set(pixels.subarray(from, from + 3), 3 * (y * small.widthPx + x));
    }
  }
  return small;
}

function repeated(answer: Answer, count: number): readonly Answer[] {
  return Array.from({ length: count }, () => answer);
}

function bytesOf(dataUri: string): Uint8Array {
  return Buffer.from(dataUri.slice(dataUri.indexOf(",") + 1), "base64");
}

function notUnderstood(found: string): DreamlogError {
  return new DreamlogError(
    "ARGUMENT_INVALID",
    `expected a question that dreamlog asks, about pictures of the log this stand-in reads, found ${found}`,
    { found },
  );
}
