import type { Task } from "../../core/cell.ts";
import { createRgbImage, type RgbImage } from "../../core/image.ts";
import { dreamImagined } from "../../events/dreaming.ts";
import type { EventId, Producer, StoredEvent } from "../../events/envelope.ts";
import type { MediaRef } from "../../events/media.ts";
import { cropTaken } from "../../events/perception.ts";
import { remoteRequestComposed } from "../../events/remote.ts";
import { judgeQuestions, type JudgeProtocol } from "../../judging/vlm/vlmJudge.ts";
import type { MediaShelf } from "../../media/mediaShelf.ts";
import type { DerivationRule } from "../../ports/derivationRule.ts";
import { composeChat, type ChatSampling } from "../../remote/chat.ts";
import { exactProducer } from "../producers.ts";
import { loadDream } from "./judgeDreams.ts";
import { causeAt, causesFrom, sameConfiguration } from "./rule.ts";

const component = "judging.vlmQuestion";
const version = 1;

interface JudgeQuestionConfig extends ChatSampling {
  readonly task: Task;
  readonly protocol: JudgeProtocol;
  readonly votes: number;
  readonly format: "json_schema" | "text";
  /** Among the questions of the judgement, from 0. */
  readonly at: number;
}

/** @param config - may hold more; what decides the question is taken from it. */
export function judgeQuestionProducer(config: JudgeQuestionConfig): Producer {
  const { task, protocol, votes, format, at, model, temperature, answerTokensMax, logprobs } =
    config;
  return exactProducer(component, version, {
    ...{ task, protocol, votes, format, at, model, temperature, answerTokensMax },
    ...(logprobs === undefined ? {} : { logprobs }),
  });
}

/** Crops are this many times larger in a question: models see little in 64 pixels. */
export const judgedScale = 4;

type PictureTools = Pick<MediaShelf, "loadImage" | "storeImage">;

/**
 * What a model that looks is asked of dreams. Causes: the goal's crop, then the dreams in order of
 * candidate. The seed names the judgement.
 */
export const composeJudgeQuestion: DerivationRule<
  { readonly media: PictureTools },
  typeof remoteRequestComposed
> = {
  definition: remoteRequestComposed,
  component,
  producerNow: (recorded) => sameConfiguration(recorded, { version, fingerprint: null }),
  async compute(steps, { media }) {
    // Every question of a judgement shows some of the same pictures.
    const shown = new Map<EventId, MediaRef>();
    const once = async (event: StoredEvent, show: () => Promise<MediaRef>) => {
      const picture = shown.get(event.id) ?? (await show());
      shown.set(event.id, picture);
      return picture;
    };
    const requests = [];
    for (const step of steps) {
      const { at, ...config } = step.producer.config as unknown as JudgeQuestionConfig;
      const goal = causeAt(step, 0, cropTaken);
      const dreams: MediaRef[] = [];
      for (const dream of causesFrom(step, 1, dreamImagined)) {
        dreams.push(await once(dream, () => showEnd(media, dream.payload)));
      }
      const pictures = {
        ...config,
        goal: await once(goal, () => showCrop(media, goal.payload)),
        dreams,
      };
      const question = judgeQuestions(config.protocol, pictures, step.seed ?? "")[at]!;
      const composed = composeChat(question, config);
      requests.push({ body: composed.body, pictures: [...composed.pictures] });
    }
    return requests;
  },
};

async function showCrop(
  media: PictureTools,
  { image }: { readonly image: MediaRef },
): Promise<MediaRef> {
  return media.storeImage(enlarged(await media.loadImage(image), judgedScale), "image/png");
}

/** A judge sees how a dream ends. */
async function showEnd(
  media: PictureTools,
  dream: { readonly frames: MediaRef },
): Promise<MediaRef> {
  const { widthPx, heightPx, frames } = await loadDream(media, dream);
  const last = createRgbImage(widthPx, heightPx, frames.at(-1));
  return media.storeImage(enlarged(last, judgedScale), "image/png");
}

/** Every pixel a square of pixels: nothing is added that was not there. */
function enlarged({ widthPx, heightPx, pixels }: RgbImage, scale: number): RgbImage {
  const large = createRgbImage(widthPx * scale, heightPx * scale);
  for (let y = 0; y < large.heightPx; y++) {
    for (let x = 0; x < large.widthPx; x++) {
      const from = 3 * (Math.floor(y / scale) * widthPx + Math.floor(x / scale));
      large.pixels.set(pixels.subarray(from, from + 3), 3 * (y * large.widthPx + x));
    }
  }
  return large;
}
